"""Points without names, scored by a linear map that the first images fit."""
import json

import numpy as np
import pytest
from mmengine.structures import InstanceData
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.structures import PoseDataSample

from ikp_mm.skeletons import Skeleton
from projects.comparison.regressed_metric import RegressedDistanceMetric

META = parse_pose_metainfo(Skeleton(
    'torso3', ['root', 'left_hand', 'right_hand'],
    [('root', 'left_hand'), ('root', 'right_hand')]).to_metainfo())
POSE = np.array([[50., 50.], [30., 50.], [70., 50.]])


def sample(points, truth=POSE, visible=(1, 1, 1), side=100.):
    data_sample = PoseDataSample(metainfo=dict(
        img_path='a.jpg', input_center=np.full(2, side / 2), input_scale=np.full(2, side)))
    data_sample.gt_instances = InstanceData(
        keypoints=truth[None].astype(np.float32), keypoints_visible=np.array([visible], float))
    data_sample.pred_instances = InstanceData(keypoints=np.asarray(points)[None])
    return data_sample.to_dict()


def evaluate(metric, samples):
    metric.dataset_meta = META
    for one in samples:
        metric.process([], [one])
    return metric.evaluate(len(samples))


def test_points_without_names_are_scored_on_the_rest(tmp_path):
    """Five points for three joints, in frames of different size and place."""
    rng = np.random.default_rng(0)
    samples = []
    for _ in range(30):
        side = rng.uniform(50, 150)
        truth = side / 2 + side / 10 * rng.normal(size=(3, 2))
        # In the frame's own coordinates the joints are linear in the first three points.
        points = np.concatenate([truth[[2, 0, 1]] * 0.5 + side / 8, rng.uniform(0, side, (2, 2))])
        samples.append(sample(points, truth, side=side))
    samples[25]['gt_instances']['keypoints'] += side  # after the fit set
    out_file = tmp_path / 'distance.json'
    result = evaluate(RegressedDistanceMetric(20, str(out_file), unit='pixels'), samples)
    # No symmetry is tried: there are no names to exchange.
    assert set(result) == {'keypoint_distance/regressed'}
    assert result['keypoint_distance/regressed'] == pytest.approx(side * np.sqrt(2) / 10, abs=1e-3)
    saved = json.loads(out_file.read_text())
    assert 'symmetry' not in saved
    assert (saved['num_images'], saved['n_regress']) == (10, 20)
    assert saved['unit'] == 'pixels of the original frame'


def test_images_without_a_label_are_counted(tmp_path):
    samples = [sample(POSE[:1] + [k, 2 * k % 3], POSE + [k, 0.]) for k in range(8)]
    samples.insert(2, sample(POSE[:1], visible=(0, 0, 0)))
    out_file = tmp_path / 'distance.json'
    evaluate(RegressedDistanceMetric(5, str(out_file)), samples)
    saved = json.loads(out_file.read_text())
    assert (saved['num_images'], saved['num_skipped']) == (3, 1)


def test_baselines_are_scored_on_the_rest():
    truths = [POSE, POSE + [6., 8.], POSE, POSE + [6., 8.], POSE + [30., 40.]]
    metric = RegressedDistanceMetric(
        4, prior=dict(poses=POSE[None] / 50 - 1, frame='unit'))
    result = evaluate(metric, [sample(truth[:1], truth) for truth in truths])
    assert result['keypoint_distance/mean_pose'] == pytest.approx(50, rel=1e-5)
    assert result['keypoint_distance/box_mean_pose'] == pytest.approx(0, abs=1e-5)


def test_collapsed_points_are_scored_and_told(warned):
    # One point that never moves: the map gives the mean label of the fit set, (3, 4) off.
    truths = [POSE, POSE + [6., 8.], POSE, POSE + [6., 8.], POSE]
    samples = [sample(np.full((1, 2), 50.), truth) for truth in truths]
    result = evaluate(RegressedDistanceMetric(4), samples)
    assert result['keypoint_distance/regressed'] == pytest.approx(5)
    assert 'the 4 images of the fit set span 0 of 2 dimensions' in warned[0]


def test_too_many_images_to_fit_on():
    with pytest.raises(ValueError, match='n_regress=3 leaves no image to score: 2 of 3 images'):
        evaluate(RegressedDistanceMetric(3),
                 [sample(POSE), sample(POSE), sample(POSE, visible=(0, 0, 0))])
