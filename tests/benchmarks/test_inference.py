"""The section on inference: what it compares agrees, and what is absent is said by name."""
import sys

import cv2
import pytest
import torch

from benchmarks import inference
from benchmarks.inference import EAGER, FOLDED, ONNX, measure_inference, one_thread
from tiny_export import save_people


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    return save_people(tmp_path_factory.mktemp('people') / 'people.pth')


def measure(checkpoint):
    return measure_inference('cpu', checkpoint, reference=None, batches=(1, 3), seconds=0)


def test_runtimes_agree_and_one_thread_computes(checkpoint):
    pytest.importorskip('onnx'), pytest.importorskip('onnxruntime')
    before = torch.get_num_threads(), cv2.getNumThreads()
    *rows, scored, bare = measure(checkpoint)
    assert [(row['batch'], row['runtime']) for row in rows] == [
        (batch, runtime) for batch in (1, 3) for runtime in (EAGER, FOLDED, ONNX)]
    for row in rows:
        assert row['network'] == 'people.pth' and row['px'] == 16
        assert row['apart, px'] < 1e-4 and row['note'] == ''
        assert row['frames/s'] == pytest.approx(1e3 * row['batch'] / row['ms'])
    assert [row['times as fast'] for row in rows if row['runtime'] == EAGER] == [1, 1]
    assert scored['runtime'].endswith('with scores') and bare['runtime'].endswith('out scores')
    assert (torch.get_num_threads(), cv2.getNumThreads()) == before


def test_absent_packages_are_named(checkpoint, monkeypatch):
    monkeypatch.setitem(sys.modules, 'onnxruntime', None)
    notes = [row['note'] for row in measure(checkpoint) if row['runtime'] == ONNX]
    assert len(notes) == 1 and 'pip install onnxruntime' in notes[0]


def test_runtime_that_finds_something_else_is_marked(checkpoint, monkeypatch):
    monkeypatch.setattr(inference, '_onnx', lambda *_: lambda images: torch.zeros(
        len(images), 17, 2))
    rows = [row for row in measure(checkpoint) if row['runtime'] == ONNX]
    assert all(row['note'] == 'not equal: allowed are 0.016 px' for row in rows)


def test_reference_sizes_with_random_weights(checkpoint):
    rows = measure_inference('cpu', checkpoint, batches=(1, ), seconds=0)
    reference = [row for row in rows if row.get('px') == 128]
    assert reference[0]['network'] == 'ikp_synthetic_128.py, random weights'
    assert all(row['apart, px'] < 0.128 for row in reference if 'batch' in row)


def test_threads_are_given_back_after_an_error():
    before = torch.get_num_threads(), cv2.getNumThreads()
    with pytest.raises(KeyError), one_thread():
        assert torch.get_num_threads() == cv2.getNumThreads() == 1
        raise KeyError
    assert (torch.get_num_threads(), cv2.getNumThreads()) == before
