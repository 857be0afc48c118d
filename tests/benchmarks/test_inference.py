"""The section on inference: what it compares agrees, and what is absent is said by name."""
import sys

import pytest
import torch

from benchmarks import inference
from benchmarks.inference import EAGER, FOLDED, ONNX, measure_frames, measure_network
from ikp_mm.inference import build_detector, read_checkpoint
from tiny_export import save_people


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    return save_people(tmp_path_factory.mktemp('people') / 'people.pth')


@torch.inference_mode()
def measure(checkpoint, device='cpu'):
    detector = build_detector(read_checkpoint(checkpoint), 'cpu')
    return measure_network('tiny', detector, device, batches=(1, 3), seconds=0)


def test_a_row_per_batch_and_runtime(checkpoint):
    pytest.importorskip('onnx'), pytest.importorskip('onnxruntime')
    rows = measure(checkpoint)
    assert [(row['batch'], row['runtime']) for row in rows] == [
        (batch, runtime) for batch in (1, 3) for runtime in (EAGER, FOLDED, ONNX)]
    for row in rows:
        assert row['network'] == 'tiny'
        assert row['frames/s'] == pytest.approx(1e3 * row['batch'] / row['ms'])
    assert [row['times as fast'] for row in rows if row['runtime'] == EAGER] == [1, 1]


def test_frames_with_and_without_scores(checkpoint):
    scored, bare = measure_frames(checkpoint, seconds=0)
    assert scored['network'] == bare['network'] == 'people.pth'
    assert not scored['runtime'].endswith('no scores') and bare['runtime'].endswith('no scores')


def test_absent_packages_are_named(checkpoint, monkeypatch):
    monkeypatch.setitem(sys.modules, 'onnxruntime', None)
    with pytest.raises(ImportError, match='pip install onnxruntime'):
        measure(checkpoint)


def test_a_runtime_that_finds_something_else_is_refused(checkpoint, monkeypatch):
    monkeypatch.setattr(inference, '_onnx', lambda _: lambda images: torch.zeros(
        len(images), 17, 2))
    with pytest.raises(RuntimeError, match='tiny, ONNX Runtime: keypoints lie .* 0.001 is'):
        measure(checkpoint)


def test_the_larger_network_has_random_weights_of_its_config():
    detector = inference._random_detector('cpu')
    assert detector.model.head.renderer.size == 128 and not detector.model.training
