"""The failure-prediction metric: keys, values by hand, what is left out, refusals."""
import json

import numpy as np
import pytest
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import METRICS

import ikp_mm  # noqa: F401  (registers)
from ikp_mm.evaluation.metrics import FailurePredictionMetric
from ikp_mm.skeletons import Skeleton

META = parse_pose_metainfo(Skeleton('pair', ['a', 'b'], [('a', 'b')]).to_metainfo())


def sample(errors, scores, visible=(1, 1)):
    """Joints labelled at (10, 10), found ``errors`` pixels to the right, in a frame of 100 px."""
    truth = np.full((1, 2, 2), 10.)
    found = truth + np.array([[[error, 0.] for error in errors]])
    return dict(img_path='a.jpg', input_scale=np.array([100., 100.]),
                pred_instances=dict(keypoints=found, keypoint_scores=np.array([scores])),
                gt_instances=dict(keypoints=truth, keypoints_visible=np.array([visible])))


def evaluate(samples, **arguments):
    metric = FailurePredictionMetric(**arguments)
    metric.dataset_meta = META
    metric.process([], samples)
    return metric.evaluate(len(samples))


# Errors 1, 9 / 2, 6 / 8 %: joints b fail, and a of the last image, where b has no label.
SAMPLES = [sample((1, 9), (0.9, 0.3)), sample((2, 6), (0.7, 0.8)),
           sample((8, 0), (0.5, 1.), visible=(1, 0))]


def test_values_by_hand(tmp_path):
    out = tmp_path / 'confidence.json'
    result = evaluate(SAMPLES, out_file=str(out))
    # Failed .3 .8 .5 against right .9 .7: 2 + 1 + 2 of 6 pairs won.
    assert result['confidence/auroc'] == pytest.approx(5 / 6)
    # a: .5 below .9 and .7: 1. b failed in both images that label it: no curve.
    assert result['confidence/auroc_per_joint'] == 1
    # Image errors 5, 4, 8 (5 is not more than 5), scores .6, .75, .5: the last is the lowest.
    assert result['confidence/auroc_images'] == 1
    assert result['confidence/failed'] == 60
    assert result['confidence/error'] == pytest.approx(26 / 5)
    # The surest 4 of 5: .9, .8, .7, .5 with errors 1, 6, 2, 8.
    assert result['confidence/error_kept'] == pytest.approx(17 / 4)
    # A bin each: .9 and .7 are right, .8, .5 and .3 are not.
    assert result['confidence/calibration_error'] == pytest.approx((.1 + .3 + .8 + .5 + .3) / 5)
    written = json.loads(out.read_text())
    assert written['num_images'] == 3 and written['num_joints'] == 5
    assert written['per_joint']['b'] == dict(failed=100, error=7.5, score=pytest.approx(0.55),
                                             auroc=None)
    assert len(written['reliability']) == 10
    assert sum(row['count'] for row in written['reliability']) == 5


@pytest.mark.parametrize('errors, failed', [((1., 2.), 0), ((9., 8.), 100)])
def test_nothing_to_tell_apart(tmp_path, errors, failed):
    out = tmp_path / 'confidence.json'
    result = evaluate([sample(errors, (0.2, 0.9))], out_file=str(out))
    assert result['confidence/failed'] == failed
    assert not any('auroc' in key for key in result)
    assert json.loads(out.read_text())['results']['auroc'] is None


def test_the_log_says_why(caplog, monkeypatch):
    said = []
    from mmengine.logging import MMLogger
    monkeypatch.setattr(MMLogger, 'info', lambda self, text: said.append(text))
    evaluate([sample((1, 2), (1., 1.)), sample((1, 2), (1., 1.), visible=(0, 0))])
    assert 'no AUROC: no joint has an error > 5 % of the image side' in said[0]
    assert 'all scores are 1: this head does not rate its keypoints' in said[0]
    assert '1 images without a labelled joint were left out' in said[0]


def test_picture(tmp_path):
    evaluate(SAMPLES, picture_file=str(tmp_path / 'new' / 'confidence.png'))
    assert (tmp_path / 'new' / 'confidence.png').stat().st_size > 10000


@pytest.mark.parametrize('change, error, message', [
    (lambda s: s['pred_instances'].pop('keypoint_scores'), KeyError, "a.jpg has no 'keypoint_sc"),
    (lambda s: s['pred_instances'].update(keypoint_scores=np.ones((1, 3))), ValueError,
     r'a.jpg must be \(1, 2\)'),
    (lambda s: s['pred_instances'].update(keypoint_scores=np.array([[0.5, np.nan]])), ValueError,
     'joint 1 has nan'),
    (lambda s: s['pred_instances'].update(keypoint_scores=np.array([[1.5, 0.]])), ValueError,
     'joint 0 has 1.5'),
    (lambda s: s.pop('input_scale'), KeyError, "no 'input_scale'"),
    (lambda s: s['gt_instances'].update(keypoints_visible=np.ones((1, 3))), ValueError,
     'one instance of 2 joints'),
])
def test_bad_samples_are_named(change, error, message):
    bad = sample((1, 2), (0.5, 0.5))
    change(bad)
    with pytest.raises(error, match=message):
        evaluate([bad])


def test_no_labelled_joint():
    with pytest.raises(ValueError, match='none of 1 images'):
        evaluate([sample((1, 2), (0.5, 0.5), visible=(0, 0))])


def test_a_threshold_is_positive():
    with pytest.raises(ValueError, match='threshold'):
        METRICS.build(dict(type='FailurePredictionMetric', threshold=0))
