"""Clips and prior of synthetic faces: determinism, split separation, framing, and difficulty."""
import numpy as np
import pytest
from mmpose.registry import DATASETS

from ikp_mm.priors.pose_sources import POSE_SOURCES
from ikp_mm.synthetic import SyntheticFaceClips, generate_face_poses
from ikp_mm.synthetic.rendered_clips import SPLITS
from ikp_mm.evaluation.functional import box_mean_pose_keypoints, nearest_prior_keypoints
from ikp_mm.skeletons import FACE68

JOINT = {name: i for i, name in enumerate(FACE68.joints)}
EYES = JOINT['right_eye_outer'], JOINT['left_eye_outer']


@pytest.fixture(scope='module')
def train() -> SyntheticFaceClips:
    return SyntheticFaceClips(num_clips=12)


@pytest.fixture(scope='module')
def prior() -> np.ndarray:
    return generate_face_poses(0, 1600)


def keypoints(clips: SyntheticFaceClips) -> np.ndarray:
    """(N, 68, 2) frame coordinates of all frames."""
    return np.concatenate([clips.keypoints(i) for i in range(len(clips))]) / clips.image_size


def eye_distance(poses: np.ndarray) -> np.ndarray:
    return np.linalg.norm(poses[:, EYES[0]] - poses[:, EYES[1]], axis=-1)


def percent_of_eye_distance(predicted: np.ndarray, true: np.ndarray) -> float:
    error = np.linalg.norm(predicted - true, axis=-1).mean(1)
    return 100 * float((error / eye_distance(true)).mean())


def test_frames_and_keypoints_have_the_promised_form(train):
    assert len(train) == 12 and train.num_frames(0) == 24
    frame = train.frame(3, 5)
    assert frame.shape == (64, 64, 3) and frame.dtype == np.uint8
    assert train.keypoints(3).shape == (24, 68, 2) and train.keypoints(3).dtype == np.float32
    assert train.background(3) is None and train.name(3) == 'face_train_0_00003'


def test_registered_and_built_from_a_config():
    clips = DATASETS.build(dict(type='SyntheticFaceClips', num_clips=2, frames_per_clip=3,
                                image_size=32, split='val'))
    assert clips.frame(1, 2).shape == (32, 32, 3)


def test_registered_pose_source_names_its_joints():
    source = POSE_SOURCES['synthetic_faces'](seed=0, num_poses=5)
    np.testing.assert_array_equal(source.keypoints, generate_face_poses(0, 5))
    assert source.joints == FACE68.joints


def test_same_seed_same_clips_whatever_their_number(train):
    few, many = SyntheticFaceClips(seed=5, num_clips=2), SyntheticFaceClips(seed=5, num_clips=4)
    np.testing.assert_array_equal(few.keypoints(1), many.keypoints(1))
    np.testing.assert_array_equal(few.frame(1, 7), many.frame(1, 7))
    assert not np.array_equal(few.frame(1, 7), train.frame(1, 7))


def test_splits_share_no_face_and_no_motion():
    clips = {split: SyntheticFaceClips(num_clips=6, split=split) for split in SPLITS}
    poses = np.concatenate([keypoints(source) for source in clips.values()]).reshape(-1, 136)
    assert len(np.unique(poses.round(5), axis=0)) == len(poses)
    frames = [source.frame(0, 0).astype(int) for source in clips.values()]
    assert all(np.abs(first - second).mean() > 10 for i, first in enumerate(frames)
               for second in frames[:i])
    assert len({source.name(0) for source in clips.values()}) == len(SPLITS)


def test_prior_shows_no_face_of_any_clip(prior):
    for split in ('train', 'val', 'test'):
        poses = keypoints(SyntheticFaceClips(num_clips=8, split=split))[::12]
        distance = np.linalg.norm(poses[:, None] - prior, axis=-1).max(-1)
        assert distance.min() > 0.01


def test_prior_is_deterministic_and_mostly_inside_the_frame(prior):
    assert prior.shape == (1600, 68, 2) and prior.dtype == np.float32
    np.testing.assert_array_equal(prior[:80], generate_face_poses(0, 80)[:80])
    assert not np.array_equal(prior[:80], generate_face_poses(1, 80))
    inside = ((prior > 0) & (prior < 1)).all((1, 2))
    assert inside.mean() > 0.995 and prior.max() < 1.05 and prior.min() > -0.05


def test_prior_and_clips_have_one_distribution(prior):
    clips = keypoints(SyntheticFaceClips(num_clips=100))
    # 100 clips' places spread by 0.05: a standard error of 0.005.
    np.testing.assert_allclose(clips.mean(0), prior.mean(0), atol=0.02)
    np.testing.assert_allclose(clips.std(0), prior.std(0), atol=0.015)


def test_right_lies_left_and_the_mouth_above_the_chin():
    poses = generate_face_poses(0, 400, yaw_deg=(-10, 10))
    for name, i in JOINT.items():
        if name.startswith('right_'):
            twin = FACE68.swap_indices[i]
            assert (poses[:, i, 0] < poses[:, twin, 0]).all(), name
    for above, below in (('right_brow_3', 'right_eye_upper_1'), ('left_eye_lower_1', 'nose_base'),
                         ('nose_base', 'upper_lip'), ('lower_lip', 'chin')):
        assert (poses[:, JOINT[above], 1] < poses[:, JOINT[below], 1]).all(), (above, below)


def test_faces_fill_the_frame():
    frontal = generate_face_poses(0, 400, yaw_deg=(-3, 3))
    distance = eye_distance(frontal)
    assert np.quantile(distance, 0.05) > 0.28 and np.quantile(distance, 0.95) < 0.41
    assert 0.32 < distance.mean() < 0.36
    middle = 0.5 * (frontal.min(1) + frontal.max(1))
    np.testing.assert_allclose(middle.mean(0), [0.5, 0.5], atol=0.06)


def test_positive_yaw_turns_to_the_right_of_the_image():
    nose, ears = JOINT['nose_bridge_4'], [JOINT['right_jaw_1'], JOINT['left_jaw_1']]
    for sign in (1, -1):
        turned = generate_face_poses(0, 80, yaw_deg=(sign * 30, sign * 30))
        aside = turned[:, nose, 0] - turned[:, ears, 0].mean(1)
        assert (sign * aside > 0.1).all()


def test_mean_pose_is_a_meaningful_but_beatable_answer(prior):
    true = keypoints(SyntheticFaceClips(num_clips=40, frames_per_clip=8, split='test'))
    mean, all_joints = prior.mean(0), np.ones(true.shape[:2], bool)
    corner, side = np.full((len(true), 2), 0.5), np.ones((len(true), 2))
    nearest = nearest_prior_keypoints(2 * prior - 1, true, all_joints, corner, side)
    assert 12 < percent_of_eye_distance(mean, true) < 25
    assert 12 < percent_of_eye_distance(box_mean_pose_keypoints(mean, true, all_joints), true) < 25
    assert percent_of_eye_distance(nearest, true) < 9


def test_background_stands_still_beside_the_head_and_is_textured(train):
    for i in range(0, 12, 4):
        scene = train.true_background(i).astype(int)
        assert scene.std((0, 1)).max() > 3
        for t in (0, 11, 23):
            changed = (train.frame(i, t) != scene).any(-1)
            jaw = train.keypoints(i)[t, :17]
            # Ears and hair stay within 13 px of the jaw's sides; the rows above the shoulders.
            left, right = jaw[:, 0].min() - 13, jaw[:, 0].max() + 13
            columns = np.flatnonzero(changed[:int(jaw[:, 1].max())].any(0))
            assert left <= columns.min() and columns.max() <= right
            assert 0.25 < changed.mean() < 0.95


def test_head_covers_its_landmarks(train):
    for i in range(12):
        changed = np.abs(train.frame(i, 6).astype(int) - train.true_background(i)).max(-1) > 4
        x, y = np.clip(train.keypoints(i)[6].round().astype(int), 0, 63).T
        assert changed[y, x].mean() > 0.9


def test_appearance_is_constant_in_a_clip_and_differs_between_clips(train):
    """The colour of the cheeks, between eye and mouth, where nothing is drawn but skin."""
    def cheek(i: int, t: int) -> np.ndarray:
        points = train.keypoints(i)[t]
        places = [0.5 * points[eye] + 0.5 * points[mouth] for eye, mouth in ((41, 48), (46, 54))]
        return np.mean([train.frame(i, t)[round(y), round(x)] for x, y in places], 0)

    colors = np.stack([[cheek(i, t) for t in range(0, 24, 3)] for i in range(12)])  # (12, 8, 3)
    within, between = colors.std(1).mean(), colors.mean(1).std(0).mean()
    assert between > 30 and between > 2.5 * within


def test_faces_talk_blink_and_turn_within_a_clip(train):
    opening, lids, turn = [], [], []
    for i in range(12):
        points = train.keypoints(i) / 64
        opening.append(np.ptp(np.linalg.norm(points[:, 62] - points[:, 66], axis=-1)))
        lids.append(np.ptp(np.linalg.norm(points[:, 37] - points[:, 41], axis=-1)))
        turn.append(np.ptp(points[:, 30, 0] - points[:, [0, 16], 0].mean(1)))
    assert np.mean(opening) > 0.02 and np.mean(lids) > 0.02 and np.mean(turn) > 0.1


def test_other_sizes_show_the_same_clip(train):
    large = SyntheticFaceClips(num_clips=1, image_size=128)
    np.testing.assert_allclose(large.keypoints(0), 2 * train.keypoints(0), rtol=1e-6)
    small = large.frame(0, 0).reshape(64, 2, 64, 2, 3).mean((1, 3))
    assert np.abs(small - train.frame(0, 0)).mean() < 6


@pytest.mark.parametrize('settings, message', [
    (dict(split='training'), 'split must be one of train, prior, val, test'),
    (dict(num_clips=0), 'num_clips'),
    (dict(frames_per_clip=0), 'frames_per_clip'),
    (dict(image_size=8), 'image_size'),
    (dict(yaw_deg=(35, -35)), 'yaw_deg'),
    (dict(yaw_deg=(-90, 90)), 'yaw_deg'),
    (dict(seed=-1), 'seed'),
])
def test_bad_settings_are_refused_by_name(settings, message):
    with pytest.raises(ValueError, match=message):
        SyntheticFaceClips(**{**dict(num_clips=2), **settings})


def test_prior_without_poses_is_refused():
    with pytest.raises(ValueError, match='num_poses'):
        generate_face_poses(0, 0)
