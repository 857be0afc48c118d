"""Export by torch.onnx, and what a file says of itself."""
import json
import sys

import numpy as np
import pytest

from ikp_mm.deploy.compare import check_parity, eager
from ikp_mm.deploy.crops import Crops
from ikp_mm.deploy.onnx_file import describe, export_torch, write_description
from ikp_mm.inference import load_predictor
from ikp_mm.inference.onnx_graph import OnnxGraph
from ikp_mm.skeletons import get_skeleton
from tiny_export import deploy_config, inputs, people_detector

onnx = pytest.importorskip('onnx', reason='exporting needs onnx')
pytest.importorskip('onnxruntime', reason='running ONNX files needs onnxruntime')


@pytest.fixture
def detector(tmp_path):
    return people_detector(tmp_path)


def test_names_shapes_and_opset_are_the_configurations(detector, tmp_path):
    export_torch(detector, tmp_path / 'a.onnx', deploy_config('onnxruntime_static'))
    model = onnx.load(str(tmp_path / 'a.onnx'))
    shapes = [(entry.name, [size.dim_value for size in entry.type.tensor_type.shape.dim])
              for entry in (*model.graph.input, *model.graph.output)]
    assert shapes == [('input', [1, 3, 16, 16]), ('output', [1, 17, 2])]
    assert model.opset_import[0].version == 13


def test_a_dynamic_file_takes_any_batch(detector, tmp_path):
    export_torch(detector, tmp_path / 'a.onnx', deploy_config('onnxruntime_dynamic'))
    graph = OnnxGraph(tmp_path / 'a.onnx')
    assert graph.batch_size is None
    np.testing.assert_allclose(graph(inputs(5).numpy())[0], eager(detector, inputs(5))[0],
                               atol=1e-5)


def test_scores_are_a_second_output(detector, tmp_path):
    path = tmp_path / 'a.onnx'
    export_torch(detector, path, deploy_config('onnxruntime_dynamic'), scores=True)
    assert OnnxGraph(path).output_names == ['output', 'keypoint_scores']
    check_parity(detector, path, Crops(inputs(), None, 'noise'), scores=True)


def test_scores_of_a_head_without_any_are_refused(detector, tmp_path):
    class Silent(type(detector.model.head)):
        @property
        def forward_with_scores(self):
            raise AttributeError

    detector.model.head.__class__ = Silent
    with pytest.raises(ValueError, match='Silent gives no scores'):
        export_torch(detector, tmp_path / 'a.onnx', deploy_config('onnxruntime_static'),
                     scores=True)


def test_a_description_says_all_that_a_reader_needs(detector):
    told = describe(detector)
    assert json.loads(json.dumps(told)) == told
    assert get_skeleton(told['skeleton']) == get_skeleton('h36m17')
    assert told['input_size'] == [16, 16] and told['padding'] == 1.0 and told['bgr_to_rgb'] is True
    assert (told['mean'], told['std']) == ([100, 110, 120], [50, 60, 70])
    assert told['outputs'] == ['keypoints']
    assert describe(detector, scores=True)['outputs'] == ['keypoints', 'keypoint_scores']


def test_a_file_without_description_is_foreign_and_with_it_is_read(detector, tmp_path):
    path = tmp_path / 'a.onnx'
    export_torch(detector, path, deploy_config('onnxruntime_static'))
    with pytest.raises(ValueError, match='a.onnx is a foreign ONNX file'):
        load_predictor(path)
    write_description(path, describe(detector))
    assert load_predictor(path).skeleton == get_skeleton('h36m17')


def test_a_description_replaces_an_older_one_and_nothing_else(detector, tmp_path):
    path = tmp_path / 'a.onnx'
    export_torch(detector, path, deploy_config('onnxruntime_static'))
    model = onnx.load(str(path))
    onnx.helper.set_model_props(model, dict(author='me', ikp_mm='{}'))
    onnx.save(model, str(path))
    write_description(path, describe(detector))
    found = {entry.key: entry.value for entry in onnx.load(str(path)).metadata_props}
    assert found['author'] == 'me' and json.loads(found['ikp_mm']) == describe(detector)


def test_without_onnx_the_error_says_what_to_install(detector, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'onnx', None)
    with pytest.raises(ImportError, match='pip install onnx==1.17.0'):
        export_torch(detector, tmp_path / 'a.onnx', deploy_config('onnxruntime_static'))
