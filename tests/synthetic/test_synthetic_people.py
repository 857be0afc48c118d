"""Clips and prior of synthetic people: determinism, apart splits, how hard the test set is."""
import numpy as np
import pytest
from mmpose.registry import DATASETS

from ikp_mm.synthetic import SPLITS, SyntheticClips, generate_poses
from ikp_mm.synthetic.people import clip_rng

R_KNEE, L_KNEE, HEAD, L_SHOULDER, R_SHOULDER = 2, 5, 10, 11, 14


@pytest.fixture(scope='module')
def train() -> SyntheticClips:
    return SyntheticClips(num_clips=24)


@pytest.fixture(scope='module')
def prior() -> np.ndarray:
    return generate_poses(0, 2000)


def keypoints(clips: SyntheticClips) -> np.ndarray:
    """(N, 17, 2) frame coordinates of all frames."""
    return np.concatenate([clips.keypoints(i) for i in range(len(clips))]) / clips.image_size


def percent(predicted: np.ndarray, true: np.ndarray) -> float:
    """Mean distance over joints in percent of the image side."""
    return 100 * float(np.linalg.norm(predicted - true, axis=-1).mean())


def fitted_to_box(pose: np.ndarray, true: np.ndarray) -> np.ndarray:
    """``pose`` (17, 2) stretched per axis to the box of each of ``true`` (N, 17, 2)."""
    low, high = true.min(1, keepdims=True), true.max(1, keepdims=True)
    return low + (pose - pose.min(0)) / (pose.max(0) - pose.min(0)) * (high - low)


def test_frames_and_keypoints_have_the_promised_form(train):
    assert len(train) == 24 and train.num_frames(0) == 24
    frame = train.frame(3, 5)
    assert frame.shape == (64, 64, 3) and frame.dtype == np.uint8
    assert train.keypoints(3).shape == (24, 17, 2) and train.keypoints(3).dtype == np.float32
    assert train.background(3) is None
    assert len({train.name(i) for i in range(24)}) == 24


def test_registered_and_built_from_a_config():
    clips = DATASETS.build(dict(type='SyntheticClips', num_clips=2, frames_per_clip=3,
                                image_size=32, split='val'))
    assert clips.frame(1, 2).shape == (32, 32, 3)


def test_same_seed_same_clips_whatever_their_number():
    few, many = SyntheticClips(seed=5, num_clips=2), SyntheticClips(seed=5, num_clips=6)
    np.testing.assert_array_equal(few.keypoints(1), many.keypoints(1))
    np.testing.assert_array_equal(few.frame(1, 7), many.frame(1, 7))
    assert not np.array_equal(few.frame(1, 7), SyntheticClips(seed=6, num_clips=2).frame(1, 7))


def test_splits_share_no_subject_and_no_motion():
    clips = {split: SyntheticClips(num_clips=12, split=split) for split in SPLITS}
    lengths = [subject.lengths.tobytes() for source in clips.values()
               for subject in source._subjects]
    assert len(set(lengths)) == 12 * len(SPLITS)
    poses = np.concatenate([keypoints(source).reshape(-1, 34).round(4)
                            for source in clips.values()])
    assert len(np.unique(poses, axis=0)) == len(poses)
    names = {source.name(0) for source in clips.values()}
    assert len(names) == len(SPLITS)


def test_prior_shows_nobody_of_any_clip(prior):
    for split in ('train', 'val', 'test'):
        poses = keypoints(SyntheticClips(num_clips=20, split=split)).astype(np.float32)
        distance = np.linalg.norm(poses[::6, None] - prior, axis=-1).max(-1)
        assert distance.min() > 0.01


def test_prior_is_deterministic_and_inside_the_frame(prior):
    assert prior.shape == (2000, 17, 2) and prior.dtype == np.float32
    np.testing.assert_array_equal(prior[:100], generate_poses(0, 2000)[:100])
    assert not np.array_equal(prior[:100], generate_poses(1, 100))
    assert ((prior > 0) & (prior < 1)).all()


def test_prior_and_clips_have_one_distribution(prior):
    clips = keypoints(SyntheticClips(num_clips=160))
    # Clips are few and their frames alike: 160 independent places spread by 0.13 give the mean a
    # standard error of about 0.01.
    np.testing.assert_allclose(clips.mean(0), prior.mean(0), atol=0.04)
    np.testing.assert_allclose(clips.std(0), prior.std(0), atol=0.03)


def test_people_stand_upright_more_often_than_not_and_fill_the_frame(prior):
    above = prior[:, HEAD, 1] < prior[:, [R_KNEE, L_KNEE], 1].min(1)
    assert above.mean() > 0.9
    height = prior[..., 1].max(1) - prior[..., 1].min(1)
    assert 0.55 < np.median(height) < 0.85


def test_constant_and_box_fitted_mean_pose_are_poor_answers(prior):
    true = keypoints(SyntheticClips(num_clips=50, frames_per_clip=8, split='test'))
    mean = prior.mean(0)
    assert percent(mean, true) >= 8
    assert percent(fitted_to_box(mean, true), true) >= 5


def test_default_azimuth_keeps_the_left_on_the_right_of_the_image_and_a_full_turn_does_not(prior):
    def facing(poses: np.ndarray) -> float:
        return float((poses[:, L_SHOULDER, 0] > poses[:, R_SHOULDER, 0]).mean())

    assert facing(prior) > 0.97
    assert 0.35 < facing(generate_poses(0, 2000, azimuth_deg=(-180, 180))) < 0.65


def test_figure_is_drawn_on_its_keypoints(train):
    for i in range(0, 24, 4):
        change = np.abs(train.frame(i, 6).astype(int) - train.true_background(i)).max(-1) > 4
        joints = train.keypoints(i)[6]
        x, y = joints.round().astype(int).T
        # Limbs may have the colour of what lies behind them, so not every joint must show.
        assert change[y, x].mean() > 0.8
        outline = np.stack(np.nonzero(change)[::-1], axis=1)  # (x, y)
        # It surpasses the joints by a limb's thickness, a hand or a shoe: under 9 px of 64.
        assert (np.abs(outline.min(0) - joints.min(0)) < 9).all()
        assert (np.abs(outline.max(0) - joints.max(0)) < 9).all()


def test_background_stands_still_around_the_figure(train):
    for i in range(0, 24, 4):
        for t in (0, 11, 23):
            x, y = train.keypoints(i)[t].T
            around = train.frame(i, t) != train.true_background(i)
            around[max(0, int(y.min()) - 9):int(y.max()) + 10,
                   max(0, int(x.min()) - 9):int(x.max()) + 10] = False
            assert not around.any()


def test_clip_median_finds_most_of_the_figure(train):
    found, wrong = [], []
    for i in range(24):
        frames = np.stack([train.frame(i, t) for t in range(24)]).astype(int)
        background, median = train.true_background(i).astype(int), np.median(frames, 0)
        figure = np.abs(frames - background).max(-1) > 20
        found.append((np.abs(frames - median).max(-1) > 20)[figure].mean())
        wrong.append((np.abs(median - background).max(-1) > 20).mean())
    assert np.mean(found) > 0.9
    assert np.mean(wrong) < 0.08


def test_people_move_within_a_clip(train):
    span = [np.ptp(train.keypoints(i), axis=0).mean() for i in range(24)]
    assert np.mean(span) > 0.2 * 64 and min(span) > 0.05 * 64


def test_other_sizes_show_the_same_clip(train):
    large = SyntheticClips(num_clips=1, image_size=128)
    np.testing.assert_allclose(large.keypoints(0), 2 * train.keypoints(0), rtol=1e-6)
    assert large.frame(0, 0).shape == (128, 128, 3)


def test_frames_are_drawn_once_and_cannot_be_overwritten(train):
    assert train.frame(0, 3).base is train.frame(0, 4).base
    for image in (train.frame(0, 0), train.true_background(0)):
        with pytest.raises(ValueError, match='read-only'):
            image[:] = 0


def test_streams_are_independent():
    draws = {clip_rng(seed, split, clip, stream).random()
             for seed in (0, 1) for split in SPLITS for clip in (0, 1) for stream in (0, 1)}
    assert len(draws) == 2 * 4 * 2 * 2
    assert clip_rng(0, 'val', 1, 2).random() == clip_rng(0, 'val', 1, 2).random()


@pytest.mark.parametrize('settings, message', [
    (dict(split='training'), 'split must be one of train, prior, val, test'),
    (dict(num_clips=0), 'num_clips'),
    (dict(frames_per_clip=0), 'frames_per_clip'),
    (dict(image_size=15), 'image_size must be at least 16, got 15'),
    (dict(azimuth_deg=(60, -60)), 'azimuth_deg'),
    (dict(seed=-1), 'seed must lie in'),
    (dict(seed=2 ** 32), 'seed must lie in'),
])
def test_bad_settings_are_refused_by_name(settings, message):
    with pytest.raises(ValueError, match=message):
        SyntheticClips(**settings)


def test_bad_indices_are_refused(train):
    with pytest.raises(IndexError, match='0 to 23, got 24'):
        train.frame(24, 0)
    with pytest.raises(IndexError, match='got -1'):
        train.background(-1)
    with pytest.raises(IndexError, match='train_0_00000 has frames 0 to 23, got -1'):
        train.frame(0, -1)
    with pytest.raises(ValueError, match='num_poses'):
        generate_poses(0, 0)
