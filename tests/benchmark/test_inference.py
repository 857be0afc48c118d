"""The section on inference: what it compares agrees, and what is absent is said by name."""
import sys

import cv2
import pytest
import torch

from ikp_mm.benchmark import inference
from ikp_mm.benchmark.inference import (COMPILED, EAGER, ONNX, measure_inference, table_inference,
                                        threads_of)
from tiny_export import save_people

CHANNELS_LAST, FOLDED = 'eager, channels-last', 'eager, channels-last, BatchNorm folded'


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    return save_people(tmp_path_factory.mktemp('people') / 'people.pth', result=dict(direct=12.5))


def measure(checkpoint, **options):
    return measure_inference(checkpoint, batches=(1, 3), seconds=0, reference=None,
                             **{'compiled': False, **options})


def test_runtimes_agree_and_one_thread_computes(checkpoint):
    pytest.importorskip('onnx'), pytest.importorskip('onnxruntime')
    before = torch.get_num_threads(), cv2.getNumThreads()
    result = measure(checkpoint)
    assert [(row['batch'], row['runtime']) for row in result['rows']] == [
        (batch, runtime) for batch in (1, 3) for runtime in (EAGER, CHANNELS_LAST, FOLDED, ONNX)]
    for row in result['rows']:
        assert row['difference'] < 1e-4 and row['note'] == '' and row['side'] == 16
        assert row['frames_per_second'] == pytest.approx(row['batch'] / row['median'])
    assert [row['ratio'] for row in result['rows'] if row['runtime'] == EAGER] == [1, 1]
    whole = result['end_to_end']
    assert result['threads'] == whole['threads'] == 1 and whole['error'] == 12.5
    assert [row['scores'] for row in whole['rows']] == [True, False]
    assert (torch.get_num_threads(), cv2.getNumThreads()) == before
    table = table_inference(result)
    assert table.count('people.pth') == 8 + 1 and 'direct error 12.50 %' in table
    assert 'torch.compile' not in table


def test_absent_packages_are_named_in_the_table(checkpoint, monkeypatch):
    monkeypatch.setitem(sys.modules, 'onnxruntime', None)
    monkeypatch.setenv('CXX', 'no-such-compiler')
    result = measure(checkpoint, compiled=True)
    notes = {row['runtime']: row['note'] for row in result['rows'] if row['batch'] is None}
    assert 'pip install onnxruntime' in notes[ONNX]
    assert notes[COMPILED] == 'not run: no C++ compiler (no-such-compiler)'
    assert result['compile_seconds'] is None
    table = table_inference(result)
    assert 'pip install onnxruntime' in table and 'no-such-compiler' in table


def test_runtime_that_finds_something_else_is_marked(checkpoint, monkeypatch):
    monkeypatch.setattr(inference, '_onnx', lambda *_: lambda images: torch.zeros(
        len(images), 17, 2))
    rows = [row for row in measure(checkpoint)['rows'] if row['runtime'] == ONNX]
    assert all(row['note'] == 'not equal: allowed are 0.016 px' for row in rows)


def test_reference_sizes_with_random_weights(checkpoint, monkeypatch):
    result = measure_inference(checkpoint, batches=(1, ), seconds=0, compiled=False)
    reference = [row for row in result['rows'] if row['side'] == 128]
    assert reference[0]['network'] == 'ikp_synthetic_128.py, random weights'
    assert all(row['difference'] < 0.128 for row in reference if row['batch'])


def test_threads_are_given_back_after_an_error():
    before = torch.get_num_threads(), cv2.getNumThreads()
    with pytest.raises(KeyError), threads_of(2):
        assert torch.get_num_threads() == 2
        raise KeyError
    assert (torch.get_num_threads(), cv2.getNumThreads()) == before
