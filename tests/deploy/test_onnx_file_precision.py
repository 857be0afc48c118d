"""Half precision and 8 bit integers."""
import sys

import numpy as np
import pytest

from ikp_mm.deploy.compare import difference
from ikp_mm.deploy.onnx_file import (convert_to_half, describe, export_torch, quantise,
                                     write_description)
from ikp_mm.inference import load_predictor
from ikp_mm.inference.onnx_graph import OnnxGraph
from tiny_export import deploy_config, inputs, people_detector

onnx = pytest.importorskip('onnx', reason='exporting needs onnx')
pytest.importorskip('onnxruntime', reason='running ONNX files needs onnxruntime')


@pytest.fixture
def exported(tmp_path):
    detector = people_detector(tmp_path)
    path = tmp_path / 'full.onnx'
    export_torch(detector, path, deploy_config('onnxruntime_static'))
    write_description(path, describe(detector))
    return path


def apart(path, other):
    return difference(*(OnnxGraph(file)(inputs().numpy())[0] for file in (path, other)), (16, 16))


def test_half_precision_changes_little_and_keeps_the_interface(exported, tmp_path):
    half = tmp_path / 'half.onnx'
    convert_to_half(exported, half)
    model = onnx.load(str(half))
    kinds = {tensor.data_type for tensor in model.graph.initializer if tensor.dims}
    assert onnx.TensorProto.FLOAT16 in kinds and onnx.TensorProto.FLOAT not in kinds
    assert 0 < apart(exported, half).coordinate < 0.01
    assert load_predictor(half).skeleton.name == 'h36m17'  # the description went along


def test_convolutions_become_integers(exported, tmp_path):
    small = tmp_path / 'int8.onnx'
    quantise(exported, small, inputs(8).numpy())
    model = onnx.load(str(small))
    convolutions = [node for node in model.graph.node if node.op_type == 'Conv']
    scaled = {name for node in model.graph.node if node.op_type == 'DequantizeLinear'
              for name in node.output}
    assert convolutions and all(set(node.input[:2]) <= scaled for node in convolutions)
    # Far closer to the full file's answer than answers to different images are to each other.
    keypoints = OnnxGraph(exported)(inputs().numpy())[0]
    between_images = difference(keypoints, np.roll(keypoints, 1, axis=0), (16, 16)).percent
    assert 0 < apart(exported, small).percent < between_images / 2
    assert load_predictor(small).skeleton.name == 'h36m17'


def test_a_missing_package_is_named(exported, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'onnxruntime.quantization', None)
    with pytest.raises(ImportError, match='pip install ml_dtypes'):
        quantise(exported, tmp_path / 'a.onnx', inputs().numpy())
