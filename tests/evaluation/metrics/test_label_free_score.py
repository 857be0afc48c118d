"""The label-free metric: keys, values, refusals."""
import math

import numpy as np
import pytest
import torch
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmengine.logging import MMLogger
from mmpose.registry import METRICS

import ikp_mm  # noqa: F401  (registers)
from ikp_mm.evaluation.metrics import LabelFreeScore
from ikp_mm.skeletons import Skeleton

META = parse_pose_metainfo(Skeleton('pair', ['a', 'b'], [('a', 'b')]).to_metainfo())
# Half lengths 0.1 and 0.3 along x: after centring x is -+0.1, -+0.3, so its variance is 0.01.
PRIOR = np.array([[[-.1, 0.], [.1, 0.]], [[-.3, 0.], [.3, 0.]]])


def sample(keypoints, agreement=0.02, reconstruction=0.5, moved=0.02):
    return dict(img_path='a.jpg', label_free=dict(
        agreement=agreement, reconstruction=reconstruction, keypoints=keypoints, moved=moved))


def metric(**arguments):
    result = LabelFreeScore(prior=dict(poses=PRIOR, frame='unit'), **arguments)
    result.dataset_meta = META
    return result


def evaluate(samples, **arguments):
    one = metric(**arguments)
    one.process([], samples)
    return one.evaluate(len(samples))


def test_values_by_hand():
    # Half the prior's lengths, at other places.
    poses = 0.5 * PRIOR + [[[0.1, 0.2]], [[-0.3, 0.]]]
    result = evaluate([sample(poses[0], 0.04, 0.4),
                       sample(torch.tensor(poses[1])[None], np.array([0.06]), torch.tensor(0.6))])
    assert result['label_free/agreement'] == pytest.approx(0.05)
    assert result['label_free/reconstruction'] == pytest.approx(0.5)
    assert result['label_free/spread'] == pytest.approx(0.5, rel=1e-5)
    assert result['label_free/moved'] == pytest.approx(2)
    # -log(0.02 / 0.5) - log(1 + 0.05 / 0.05) - log(0.5) / 4
    assert result['label_free/score'] == pytest.approx(
        math.log(25) - math.log(2) + math.log(2) / 4, rel=1e-5)
    assert len(result) == 5


def signs(**changes):
    """Four samples with all that a KeypointGAN gives, and what the metric says of them."""
    poses = np.concatenate([PRIOR, 1.5 * PRIOR])
    samples = []
    for pose in poses:
        one = sample(pose, reconstruction=0.1)
        one['label_free'].update(dict(other_pose=0.3, moved=0.01, painted=0.05,
                                      neighbour_keypoints=pose + 0.01),
                                 **{key: value(pose) for key, value in changes.items()})
        samples.append(one)
    warned = []
    with pytest.MonkeyPatch.context() as patch:
        logger = MMLogger.get_current_instance()
        patch.setattr(logger, 'warning', warned.append)
        return evaluate(samples), ' '.join(warned)


def test_signs_of_a_healthy_run():
    result, warned = signs()
    assert result['label_free/pose_use'] == pytest.approx(3)
    assert result['label_free/moved'] == pytest.approx(1)
    assert result['label_free/painted'] == pytest.approx(5)
    assert result['label_free/flips'] == 0 and not warned
    worse, _ = signs(painted=lambda pose: 0.1)
    assert worse['label_free/score'] == pytest.approx(result['label_free/score'] - math.log(2) / 2)


@pytest.mark.parametrize('changes, message', [
    (dict(other_pose=lambda pose: 0.101), 'DOES NOT NEED y'),
    (dict(moved=lambda pose: 0.091), 'MAY BE A CODE'),
    # Turned by 180 degrees about its middle.
    (dict(neighbour_keypoints=lambda pose: -pose), 'FLIPS: in 100.0 %'),
    (dict(keypoints=lambda pose: 0.1 * pose, neighbour_keypoints=lambda pose: 0.1 * pose),
     'COLLAPSE'),
])
def test_each_way_to_fail_is_named(changes, message):
    assert message in signs(**changes)[1]


def test_moving_by_chance_counts_against_how_much_poses_vary():
    assert not signs(moved=lambda pose: 0.089)[1]
    half = dict(keypoints=lambda pose: 0.4 * pose, neighbour_keypoints=lambda pose: 0.4 * pose)
    assert 'MAY BE A CODE' in signs(moved=lambda pose: 0.089, **half)[1]


def test_collapsed_detector_scores_worse():
    spread = evaluate([sample(PRIOR[0]), sample(PRIOR[1])])
    collapsed = evaluate([sample(PRIOR[0]), sample(PRIOR[0] + 0.5)])
    assert collapsed['label_free/agreement'] == spread['label_free/agreement']
    assert collapsed['label_free/spread'] == pytest.approx(0, abs=1e-6)
    assert collapsed['label_free/score'] < spread['label_free/score'] - 5


@pytest.mark.parametrize('bad, error, message', [
    (dict(img_path='a.jpg'), KeyError, "a.jpg has no 'label_free'"),
    (dict(img_path='a.jpg', label_free=dict(keypoints=PRIOR[0], agreement=1.)), KeyError,
     "a.jpg has no 'reconstruction'"),
    (dict(img_path='a.jpg', label_free=dict(keypoints=PRIOR[0], agreement=1., reconstruction=1.)),
     KeyError, "a.jpg has no 'moved'"),
    (sample(PRIOR[0], agreement=math.nan), ValueError, "'agreement'.*a.jpg must be one finite"),
    (sample(PRIOR[0], reconstruction=np.ones(2)), ValueError, "'reconstruction'.*a.jpg"),
    (sample(PRIOR[0] * np.nan), ValueError, 'label-free keypoints of a.jpg are not finite'),
    (sample(PRIOR[0][:1]), ValueError, r'must be \(1, 2, 2\)'),
])
def test_bad_samples_are_named(bad, error, message):
    with pytest.raises(error, match=message):
        metric().process([], [bad])


def test_refusals():
    with pytest.raises(ValueError, match='all poses of the prior are the same'):
        LabelFreeScore(prior=dict(poses=PRIOR[[0, 0]], frame='unit')).dataset_meta = META
    with pytest.raises(ValueError, match='needs dataset_meta'):
        LabelFreeScore(prior={}).process([], [sample(PRIOR[0])])
    with pytest.raises(ValueError, match='at least two poses'):
        evaluate([sample(PRIOR[0])])


def test_registered():
    assert isinstance(METRICS.build(dict(type='LabelFreeScore', prior={})), LabelFreeScore)
