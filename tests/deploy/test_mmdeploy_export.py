"""MMDeploy's stock task on our models."""
import importlib.util
import json
import sys

import numpy as np
import pytest
import torch

from ikp_mm.deploy.compare import check_parity
from ikp_mm.deploy.crops import Crops
from ikp_mm.deploy.export import load_detector
from ikp_mm.deploy.mmdeploy_export import export_mmdeploy, export_sdk
from ikp_mm.deploy.onnx_file import export_torch
from ikp_mm.deploy.stock_config import stock_config
from ikp_mm.inference.onnx_graph import OnnxGraph
from tiny_export import ROOT, deploy_config, inputs, people_detector

onnx = pytest.importorskip('onnx', reason='exporting needs onnx')
pytest.importorskip('onnxruntime', reason='running ONNX files needs onnxruntime')
needs_mmdeploy = pytest.mark.skipif(
    importlib.util.find_spec('mmdeploy') is None,
    reason='mmdeploy is not installed (make extras)')


@pytest.fixture
def detector(tmp_path):
    return people_detector(tmp_path)


def interface(path):
    """Names, shapes and opset of a file."""
    model = onnx.load(str(path))
    return [(entry.name, [size.dim_param or size.dim_value
                          for size in entry.type.tensor_type.shape.dim])
            for entry in (*model.graph.input, *model.graph.output)], model.opset_import[0].version


def compare_with_torch(folder, name):
    detector = load_detector(folder / 'people.pth')
    export_torch(detector, folder / 'plain.onnx', deploy_config(name))
    assert interface(folder / 'end2end.onnx') == interface(folder / 'plain.onnx')
    check_parity(detector, folder / 'end2end.onnx', Crops(inputs(), None, 'noise'))
    both = [OnnxGraph(folder / file)(inputs().numpy())[0]
            for file in ('end2end.onnx', 'plain.onnx')]
    np.testing.assert_allclose(*both, atol=1e-6)


def test_mmdeploy_and_plain_torch_write_the_same(mmdeploy_folder):
    compare_with_torch(mmdeploy_folder, 'onnxruntime_static')


@needs_mmdeploy
@pytest.mark.slow
def test_mmdeploy_and_plain_torch_write_the_same_dynamic_file(detector, tmp_path):
    original = torch.onnx.export
    export_mmdeploy(detector, tmp_path / 'end2end.onnx', deploy_config('onnxruntime_dynamic'))
    assert torch.onnx.export is original  # MMDeploy's rewriting ends with its export
    compare_with_torch(tmp_path, 'onnxruntime_dynamic')


def pipeline(folder):
    tasks = json.loads((folder / 'pipeline.json').read_text())['pipeline']['tasks']
    return {step['type']: step for step in tasks[0]['transforms']}, tasks[2]


@needs_mmdeploy
@pytest.mark.parametrize('padding', [1.0, 1.5])
def test_the_sdk_gets_the_configurations_padding(detector, tmp_path, padding):
    detector.config.test_dataloader.dataset.pipeline[1].padding = padding
    (tmp_path / 'end2end.onnx').write_bytes(b'')
    export_sdk(detector, tmp_path, deploy_config('onnxruntime_static'), tmp_path / 'people.pth')
    steps, decode = pipeline(tmp_path)
    assert steps['TopDownGetBboxCenterScale']['padding'] == padding
    assert steps['TopDownAffine']['image_size'] == [16, 16]
    assert (steps['Normalize']['mean'], steps['Normalize']['std']) == ([100, 110, 120],
                                                                       [50, 60, 70])
    assert steps['Normalize']['to_rgb'] is True
    assert decode['component'] == 'DeepposeRegressionHeadDecode'
    assert json.loads((tmp_path / 'deploy.json').read_text())['task'] == 'PoseDetector'
    assert json.loads((tmp_path / 'detail.json').read_text())['codebase']['pth'] == 'people.pth'


@needs_mmdeploy
def test_mmdeploys_own_tool_gets_the_crop_that_it_knows(detector, tmp_path):
    """As its ``tools/deploy.py`` calls it, on a configuration that was not made for it."""
    from mmdeploy.backend.sdk.export_info import export2SDK
    config = stock_config(detector.config, detector.skeleton)
    assert config.test_dataloader.dataset.pipeline[2].type == 'AreaTopdownAffine'
    (tmp_path / 'end2end.onnx').write_bytes(b'')
    export2SDK(deploy_config('onnxruntime_static'), config, str(tmp_path), 'people.pth', 'cpu')
    steps, _ = pipeline(tmp_path)
    assert steps['TopDownAffine'] == dict(type='TopDownAffine', image_size=[16, 16])
    assert config.test_dataloader.dataset.pipeline[2].type == 'AreaTopdownAffine'


def test_without_mmdeploy_the_error_names_what_does_without(detector, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'mmdeploy', None)
    with pytest.raises(ImportError, match='make extras .* export with --backend torch'):
        export_mmdeploy(detector, tmp_path / 'a.onnx', deploy_config('onnxruntime_static'))


CONFIGS = sorted(path.stem for path in (ROOT / 'configs/deploy').glob('*.py'))


@pytest.mark.parametrize('name', CONFIGS)
def test_every_deploy_config_loads_and_asks_for_the_stock_task(name):
    config = deploy_config(name)
    assert config.codebase_config.task == 'PoseDetection'
    assert config.onnx_config.input_names == ['input']
    assert config.codebase_config.module == ['ikp_mm.deploy.mmdeploy_support']


def test_tensorrt_configs_differ_in_precision_alone():
    full, half = (deploy_config(f'tensorrt_{name}').backend_config for name in ('fp32', 'fp16'))
    assert (full.common_config.fp16_mode, half.common_config.fp16_mode) == (False, True)
    assert full.model_inputs == half.model_inputs
    assert full.model_inputs[0].input_shapes.input.opt_shape == [1, 3, 64, 64]
