"""One command's work."""
import json

import pytest

from ikp_mm.deploy.crops import Crops
from ikp_mm.deploy.export import choose_crops, export, load_detector
from ikp_mm.inference import load_predictor
from tiny_export import deploy_config, inputs, people_config, people_detector

pytest.importorskip('onnx', reason='exporting needs onnx')
pytest.importorskip('onnxruntime', reason='running ONNX files needs onnxruntime')
STATIC = deploy_config('onnxruntime_static')


@pytest.fixture
def detector(tmp_path):
    return people_detector(tmp_path)


def test_writes_checks_and_reports_all_precisions(detector, tmp_path):
    crops = choose_crops(detector, number=16)
    report = export(detector, tmp_path / 'out', STATIC, crops, 'torch', half=True, int8=True)
    assert [entry.precision for entry in report.files] == ['float32', 'float16', 'int8']
    assert sorted(path.name for path in (tmp_path / 'out').iterdir()) == [
        'end2end.onnx', 'end2end_float16.onnx', 'end2end_int8.onnx']
    full, half, int8 = report.files
    assert full.added.coordinate <= 1e-5 < half.added.coordinate
    assert full.error_percent == pytest.approx(report.eager_error_percent, abs=1e-3)
    assert half.megabytes < full.megabytes
    assert int8.added.coordinate > half.added.coordinate
    assert 'every other one; the rest calibrated int8' in report.lines()[0]
    assert json.loads(json.dumps(report.to_json()))['files'][2]['path'] == 'end2end_int8.onnx'
    assert load_predictor(tmp_path / 'out/end2end_int8.onnx').input_size == (16, 16)


def test_pictures_have_no_error(detector, tmp_path):
    report = export(detector, tmp_path / 'out', STATIC, Crops(inputs(), None, '5 pictures'),
                    'torch')
    assert report.eager_error_percent is None and report.files[0].error_percent is None
    assert report.lines()[0].startswith('checked on 5 pictures')


def test_an_earlier_export_stays_unless_asked(detector, tmp_path):
    crops = Crops(inputs(), None, 'noise')
    (tmp_path / 'end2end.onnx').write_text('earlier')
    with pytest.raises(FileExistsError, match='end2end.onnx exists'):
        export(detector, tmp_path, STATIC, crops, 'torch')
    assert (tmp_path / 'end2end.onnx').read_text() == 'earlier'
    export(detector, tmp_path, STATIC, crops, 'torch', overwrite=True)
    assert load_predictor(tmp_path / 'end2end.onnx').has_scores is False


@pytest.mark.parametrize('options, says', [
    (dict(backend='tvm'), "got 'tvm'"),
    (dict(backend='mmdeploy', scores=True), '--scores needs --backend torch'),
    (dict(backend='torch', sdk_checkpoint='a.pth'), '--sdk goes with --backend mmdeploy'),
    (dict(backend='torch', int8=True), 'at least 8, not 5'),
])
def test_options_that_exclude_each_other_are_refused_before_anything_is_written(
        detector, tmp_path, options, says):
    with pytest.raises(ValueError, match=says):
        export(detector, tmp_path / 'out', STATIC, Crops(inputs(), None, 'noise'), **options)
    assert not (tmp_path / 'out').exists()


def test_a_checkpoint_of_another_skeleton_names_both(tmp_path, detector):
    config = people_config()
    config.model.head.skeleton = 'mouse4'
    with pytest.raises(ValueError, match='17 joints.*mouse4.*4 joints'):
        load_detector(tmp_path / 'people.pth', config)
