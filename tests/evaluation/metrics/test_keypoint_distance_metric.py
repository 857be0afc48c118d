"""The metric end to end on a hand-made table, and every refusal."""
import json
import pickle

import numpy as np
import pytest
import torch
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import METRICS
from mmpose.structures import PoseDataSample
from mmengine.structures import InstanceData

import ikp_mm  # noqa: F401  (registers)
from ikp_mm.evaluation.metrics import KeypointDistanceMetric
from ikp_mm.skeletons import Skeleton

SKELETON = dict(name='torso3', joints=['root', 'left_hand', 'right_hand'],
                edges=[('root', 'left_hand'), ('root', 'right_hand')])
META = parse_pose_metainfo(Skeleton(**SKELETON).to_metainfo())
POSE = np.array([[50., 50.], [30., 50.], [70., 50.]])
SWAPPED = POSE[[0, 2, 1]]


def sample(predicted, truth=POSE, visible=(1, 1, 1), offline=None, side=100., name='a.jpg',
           **meta):
    data_sample = PoseDataSample(metainfo=dict(
        img_path=name, input_center=np.full(2, side / 2), input_scale=np.full(2, side), **meta))
    data_sample.gt_instances = InstanceData(
        keypoints=truth[None].astype(np.float32), keypoints_visible=np.array([visible], float))
    data_sample.pred_instances = InstanceData(keypoints=np.asarray(predicted)[None])
    if offline is not None:
        data_sample.pred_instances.keypoints_offline = offline[None]
    return data_sample.to_dict()


def evaluate(metric, samples, meta=META):
    metric.dataset_meta = meta
    for one in samples:
        metric.process([], [one])
    return metric.evaluate(len(samples))


def test_registered():
    assert isinstance(METRICS.build(dict(type='KeypointDistanceMetric')), KeypointDistanceMetric)


def test_modes_on_a_hand_made_table(tmp_path):
    # walk: right but 5 pixels off (3, 4); left and right exchanged (40 pixels on 2 of 3 joints).
    # sit: exact. Direct: walk (5 + 80/3) / 2, sit 0.
    samples = [
        sample(POSE + [3., 4.], offline=POSE, action='walk'),
        sample(SWAPPED, offline=SWAPPED, action='walk'),
        sample(POSE, offline=POSE, action='sit'),
    ]
    out_file = tmp_path / 'new' / 'distance.json'
    result = evaluate(KeypointDistanceMetric(group_key='action', out_file=str(out_file)), samples)
    walk = (5 + 80 / 3) / 2
    assert result['keypoint_distance/direct'] == pytest.approx(walk / 2)
    # The offline regressor sees no reason to swap; the truth does.
    assert result['keypoint_distance/flip_corrected'] == pytest.approx(walk / 2)
    assert result['keypoint_distance/flip_aware'] == pytest.approx(2.5 / 2)
    assert result['keypoint_distance/best_symmetry'] == pytest.approx(walk / 2)
    assert set(result) == {f'keypoint_distance/{name}' for name in (
        'direct', 'flip_corrected', 'flip_aware', 'best_symmetry')}

    saved = json.loads(out_file.read_text())
    assert saved['unit'] == 'percent of the image side'
    assert (saved['num_images'], saved['num_skipped'], saved['n_regress']) == (3, 0, None)
    assert saved['results']['direct'] == pytest.approx(walk / 2)
    assert saved['per_group']['direct'] == {'sit': 0, 'walk': pytest.approx(walk)}
    # root: walk (5 + 0) / 2, sit 0; hands: walk (5 + 40) / 2.
    assert saved['per_joint']['direct'] == {'root': pytest.approx(1.25),
                                            'left_hand': pytest.approx(11.25),
                                            'right_hand': pytest.approx(11.25)}
    assert saved['symmetry']['best'] == 'identity'
    assert not saved['symmetry']['whole_swap']


def test_flip_corrected_uses_offline_keypoints():
    result = evaluate(KeypointDistanceMetric(modes=['flip_corrected']),
                      [sample(SWAPPED, offline=POSE)])
    assert result['keypoint_distance/flip_corrected'] == pytest.approx(0)


def test_unit_is_the_input_frame_not_the_image():
    # 5 pixels in a frame of 50 original pixels.
    result = evaluate(KeypointDistanceMetric(modes=['direct']), [sample(POSE + [3., 4.], side=50)])
    assert result['keypoint_distance/direct'] == pytest.approx(10)


def test_pixels_and_keypoint_distance():
    samples = [sample(POSE + [3., 4.], side=50)]
    assert evaluate(KeypointDistanceMetric(modes=['direct'], unit='pixels'), samples)[
        'keypoint_distance/direct'] == pytest.approx(5)
    metric = KeypointDistanceMetric(modes=['direct'], unit='keypoint_distance',
                                    norm_joints=('left_hand', 'right_hand'))
    # The hands are 40 pixels apart.
    assert evaluate(metric, samples)['keypoint_distance/direct'] == pytest.approx(12.5)


def test_joint_subset_and_invisible_joints(tmp_path):
    predicted = POSE + [[1., 0.], [0., 7.], [0., 3.]]
    out_file = tmp_path / 'distance.json'
    metric = KeypointDistanceMetric(modes=['direct'], joints=['root', 'left_hand'],
                                    out_file=str(out_file))
    # Image 0: root 1 (left hand not labelled); image 1: (1 + 7) / 2; image 2: no label.
    result = evaluate(metric, [sample(predicted, visible=(1, 0, 1)), sample(predicted),
                               sample(predicted, visible=(0, 0, 1))])
    assert result['keypoint_distance/direct'] == pytest.approx(2.5)
    saved = json.loads(out_file.read_text())
    assert (saved['num_images'], saved['num_skipped']) == (2, 1)
    assert saved['per_joint']['direct'] == {
        'root': pytest.approx(1), 'left_hand': pytest.approx(7), 'right_hand': None}


def test_labels_of_invisible_joints_may_be_nan():
    truth = POSE.copy()
    truth[2] = np.nan
    result = evaluate(KeypointDistanceMetric(), [sample(POSE, truth, (1, 1, 0), offline=POSE)])
    assert result['keypoint_distance/direct'] == 0


def test_tensors_are_read_like_arrays():
    result = evaluate(KeypointDistanceMetric(modes=['direct']),
                      [sample(torch.tensor(POSE + [3., 4.]))])
    assert result['keypoint_distance/direct'] == pytest.approx(5)


def test_baselines():
    # Poses (unit coordinates): the truth moved by 0.2 (10 pixels of 100) to the left and right;
    # their mean is the truth's shape at half size around it.
    unit = POSE / 50 - 1
    half = unit * 0.5
    poses = np.stack([half - [0.4, 0.], half + [0.4, 0.]])
    metric = KeypointDistanceMetric(modes=['direct'], prior=dict(poses=poses, frame='unit'))
    result = evaluate(metric, [sample(POSE), sample(POSE)])
    # mean pose: hands 10 pixels short each, root right.
    assert result['keypoint_distance/mean_pose'] == pytest.approx(20 / 3, rel=1e-5)
    assert result['keypoint_distance/box_mean_pose'] == pytest.approx(0, abs=1e-5)
    # pose 0, (x - 20): root 20, left hand |40 - 20 - 30| = 10, right hand |60 - 20 - 70| = 30.
    assert result['keypoint_distance/nearest_prior'] == pytest.approx(20, rel=1e-5)
    first = metric._baselines[1]['nearest_prior']
    evaluate(metric, [sample(POSE + 1), sample(POSE)])
    assert metric._baselines[1]['nearest_prior'] is first
    evaluate(metric, [sample(POSE, truth=POSE + 1), sample(POSE)])
    assert metric._baselines[1]['nearest_prior'] is not first


def test_incomplete_prior_poses_serve_the_mean_only():
    unit = POSE / 50 - 1
    poses = np.stack([unit, unit + 0.2])
    poses[1, 2] = np.nan
    metric = KeypointDistanceMetric(
        modes=['direct'], prior=dict(poses=poses, frame='unit', allow_missing=True))
    result = evaluate(metric, [sample(POSE)])
    # Means: 0.1 * 50 = 5 pixels in x and y for two joints, 0 for the third.
    assert result['keypoint_distance/mean_pose'] == pytest.approx(
        2 * 5 * np.sqrt(2) / 3, rel=1e-5)
    assert result['keypoint_distance/nearest_prior'] == pytest.approx(0, abs=1e-5)
    poses[0, 1] = np.nan
    with pytest.raises(ValueError, match='every pose of the metric\'s prior lacks a joint'):
        evaluate(metric, [sample(POSE)])


HANDS = dict(hands=['left_hand', 'right_hand'], root=['root'])


def test_derived_landmarks_replace_the_joints(tmp_path):
    # Left hand 6 pixels to the right, right hand 2 to the left: their mean 2; root (3, 4) off.
    predicted = POSE + [[3., 4.], [6., 0.], [-2., 0.]]
    out_file = tmp_path / 'distance.json'
    result = evaluate(KeypointDistanceMetric(modes=['direct'], landmarks=HANDS,
                                             out_file=str(out_file)), [sample(predicted)])
    assert result['keypoint_distance/direct'] == pytest.approx((2 + 5) / 2)
    assert json.loads(out_file.read_text())['per_joint']['direct'] == {
        'hands': pytest.approx(2), 'root': pytest.approx(5)}


def test_a_landmark_without_all_its_joints_is_not_scored():
    # Image 0: hands not complete, root 5 off; image 1: hands exact, root exact.
    samples = [sample(POSE + [3., 4.], visible=(1, 0, 1)), sample(POSE)]
    metric = KeypointDistanceMetric(modes=['direct'], landmarks=HANDS)
    assert evaluate(metric, samples)['keypoint_distance/direct'] == pytest.approx(2.5)


def test_landmarks_of_baselines_in_the_joints_unit():
    # The prior pose: both hands 10 pixels too far out, the root right: their mean is right.
    prior = POSE + [[0., 0.], [-10., 0.], [10., 0.]]
    metric = KeypointDistanceMetric(
        modes=['direct'], landmarks=dict(hands=HANDS['hands']), unit='keypoint_distance',
        norm_joints=('left_hand', 'right_hand'), prior=dict(poses=prior[None] / 50 - 1,
                                                            frame='unit'))
    result = evaluate(metric, [sample(POSE + [0., 4.])])
    assert result['keypoint_distance/mean_pose'] == pytest.approx(0, abs=1e-4)
    # 4 pixels of the 40 between the hands.
    assert result['keypoint_distance/direct'] == pytest.approx(10)


def test_whole_swap_is_named(tmp_path):
    out_file = tmp_path / 'distance.json'
    metric = KeypointDistanceMetric(modes=['direct'], out_file=str(out_file))
    result = evaluate(metric, [sample(POSE[[0, 2, 1]] + 1), sample(POSE[[0, 2, 1]])])
    symmetry = json.loads(out_file.read_text())['symmetry']
    # The root lies between the hands: a half turn exchanges them, and is tried first.
    assert symmetry['best'] == 'half_turn'
    assert symmetry['whole_swap']
    assert 'SWAPPED AS A WHOLE by "half_turn"' in symmetry['finding']
    assert result['keypoint_distance/best_symmetry'] == pytest.approx(np.sqrt(2) / 2)


def test_results_are_picklable():
    metric = KeypointDistanceMetric(group_key='action')
    metric.dataset_meta = META
    metric.process([], [sample(POSE, offline=POSE, action='walk')])
    assert pickle.loads(pickle.dumps(metric.results))[0]['group'] == 'walk'


@pytest.mark.parametrize('arguments, message', [
    (dict(modes=['flip_aware']), 'never stands alone'),
    (dict(modes=[]), 'modes must be some of'),
    (dict(modes=['best']), 'modes must be some of'),
    (dict(unit='bbox'), 'unit must be one of'),
    (dict(unit='keypoint_distance'), 'norm_joints go with'),
    (dict(norm_joints=('root', 'left_hand')), 'norm_joints go with'),
    (dict(unit='keypoint_distance', norm_joints=('root', 'root')), 'two different joints'),
    (dict(joints=['root'], landmarks=HANDS), 'give one'),
    (dict(landmarks={}), 'at least one landmark'),
    (dict(landmarks=dict(eye=[])), 'at least one joint'),
])
def test_contradicting_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        KeypointDistanceMetric(**arguments)


@pytest.mark.parametrize('arguments, message', [
    (dict(joints=['nose']), "joints: 'nose' is no joint of 'torso3', which has root"),
    (dict(unit='keypoint_distance', norm_joints=('root', 'eye')), "norm_joints: 'eye'"),
    (dict(landmarks=dict(eyes=['root', 'eye'])), r"landmarks\['eyes'\]: 'eye' is no joint"),
    (dict(prior=dict(poses=np.zeros((4, 2, 2)), frame='unit')), r'must be \(N, 3, 2\)'),
])
def test_wrong_names_are_refused_before_the_first_image(arguments, message):
    metric = KeypointDistanceMetric(**arguments)
    with pytest.raises(ValueError, match=message):
        metric.dataset_meta = META


def test_prior_must_be_a_config():
    with pytest.raises(TypeError, match="dict\\(poses='prior.npz'"):
        KeypointDistanceMetric(prior='prior.npz').dataset_meta = META


@pytest.mark.parametrize('bad, error, message', [
    (sample(POSE), KeyError, "a.jpg has no 'keypoints_offline'.*leave the mode out"),
    (sample(POSE * np.nan, offline=POSE), ValueError, 'predicted keypoints of a.jpg are not fin'),
    (sample(POSE, offline=POSE * np.inf), ValueError, 'offline keypoints of a.jpg are not fin'),
    (sample(POSE[:2], offline=POSE), ValueError, r'of a.jpg must be \(1, 3, 2\)'),
    (sample(POSE, POSE * np.nan, offline=POSE), ValueError, 'a joint of a.jpg is marked visible'),
    (sample(POSE, POSE[:2], offline=POSE), ValueError, 'labels of a.jpg must be'),
])
def test_bad_samples_are_named(bad, error, message):
    metric = KeypointDistanceMetric()
    metric.dataset_meta = META
    with pytest.raises(error, match=message):
        metric.process([], [bad])


def test_missing_group_frame_meta_and_labels():
    metric = KeypointDistanceMetric(modes=['direct'], group_key='action')
    with pytest.raises(ValueError, match='needs dataset_meta'):
        metric.process([], [sample(POSE)])
    metric.dataset_meta = META
    with pytest.raises(KeyError, match="a.jpg has no 'action': add it to meta_keys"):
        metric.process([], [sample(POSE)])
    without_frame = sample(POSE, action='walk')
    del without_frame['input_scale']
    with pytest.raises(KeyError, match="a.jpg has no 'input_scale'"):
        metric.process([], [without_frame])
    with pytest.raises(ValueError, match='none of 1 images has a labelled joint'):
        evaluate(KeypointDistanceMetric(modes=['direct']), [sample(POSE, visible=(0, 0, 0))])
