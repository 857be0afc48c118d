"""An exported file beside its model."""
import numpy as np
import pytest
import torch

from ikp_mm.deploy.compare import (ParityError, check_parity, difference, eager,
                                   eager_latency, median_milliseconds)
from ikp_mm.deploy.crops import Crops
from ikp_mm.deploy.onnx_file import export_torch
from ikp_mm.inference.onnx_graph import OnnxGraph
from tiny_export import deploy_config, inputs, people_detector

pytest.importorskip('onnx', reason='exporting needs onnx')
pytest.importorskip('onnxruntime', reason='running ONNX files needs onnxruntime')


@pytest.fixture
def detector(tmp_path):
    return people_detector(tmp_path)


def test_difference_by_hand():
    ours = np.zeros((1, 3, 2))
    theirs = np.array([[[0.3, 0.2], [0.0, 0.0], [np.nan, np.nan]]])
    found = difference(ours, theirs, (10, 20))
    # Joint 0: (3, 4) px, distance 5, 25 % of the longer side; joint 1: 0; joint 2 is unlabelled.
    assert found.coordinate == pytest.approx(0.3)
    assert found.pixels == pytest.approx(4)
    assert found.percent == pytest.approx(12.5)


def test_the_file_gives_what_the_model_gives(detector, tmp_path):
    path = tmp_path / 'a.onnx'
    export_torch(detector, path, deploy_config('onnxruntime_static'))
    found = check_parity(detector, path, Crops(inputs(), None, 'noise'))
    assert found.coordinate <= 1e-5 and path.is_file()
    assert OnnxGraph(path).batch_size == 1  # so the five inputs were run one by one


def test_the_keypoints_depend_on_the_image(detector):
    # Else the comparison above would prove nothing.
    keypoints = eager(detector, inputs())[0]
    assert np.ptp(keypoints, axis=0).max() > 0.05


def test_a_file_that_differs_is_renamed(detector, tmp_path):
    path = tmp_path / 'a.onnx'
    export_torch(detector, path, deploy_config('onnxruntime_static'))
    with torch.no_grad():
        detector.model.backbone.output.bias.add_(0.5)
    with pytest.raises(ParityError, match='a.onnx differs from the model by .* on noise'):
        check_parity(detector, path, Crops(inputs(), None, 'noise'))
    assert not path.exists() and (tmp_path / 'a.onnx.failed').is_file()


def test_a_file_with_other_outputs_is_renamed(detector, tmp_path):
    path = tmp_path / 'a.onnx'
    export_torch(detector, path, deploy_config('onnxruntime_static'))
    with pytest.raises(ParityError, match='has 1 outputs in place of 2'):
        check_parity(detector, path, Crops(inputs(), None, 'noise'), scores=True)


def test_numbers_that_are_not_finite_are_no_parity(detector, tmp_path):
    path = tmp_path / 'a.onnx'
    with torch.no_grad():
        detector.model.backbone.output.bias.fill_(float('nan'))
    export_torch(detector, path, deploy_config('onnxruntime_static'))
    with pytest.raises(ParityError, match='no finite numbers'):
        check_parity(detector, path, Crops(inputs(), None, 'noise'))


def test_median_leaves_out_the_warm_up():
    calls = []
    assert median_milliseconds(lambda: calls.append(0), repeats=3, warm_up=2) >= 0
    assert len(calls) == 5


def test_measuring_restores_the_threads(detector):
    before = torch.get_num_threads()
    assert eager_latency(detector, inputs(1)) > 0
    assert torch.get_num_threads() == before
