import numpy as np
import pytest
import torch
from mmengine.logging import MMLogger

from ikp_mm.priors import pose_prior
from ikp_mm.clips.frame_pairs import RNG_STREAM as PAIR_STREAM
from ikp_mm.priors.pose_prior import PosePriorDataset
from ikp_mm.clips.samplers import GlobalDrawSampler

TOY = dict(name='toy', joints=['nose', 'left_ear', 'right_ear'], edges=[['nose', 'left_ear']])
# In unit coordinates: nose on the axis, left ear at x = 0.5, right ear at x = -0.25.
POSE = np.array([[0.0, 0.2], [0.5, 0.4], [-0.25, 0.4]])


def prior(poses=POSE[None], **options):
    return PosePriorDataset(poses, **{**dict(skeleton=TOY, frame='unit', seed=0), **options})


def save(path, **arrays):
    np.savez(path, **arrays)
    return str(path)


def test_item_layout():
    item = prior()[11]
    assert sorted(item) == ['draw', 'keypoints', 'visible'] and item['draw'] == 11
    assert item['keypoints'].dtype == torch.float32
    np.testing.assert_allclose(item['keypoints'], POSE)
    assert item['visible'].dtype == torch.bool and item['visible'].tolist() == [True] * 3


@pytest.mark.parametrize('flip, partners, told', [(0.5, False, 1), (0.0, False, 0), (0.5, True, 0)])
def test_mirroring_without_mirror_partners_is_told(monkeypatch, flip, partners, told):
    warned = []
    monkeypatch.setattr(MMLogger.get_current_instance(), 'warning', warned.append)
    skeleton = TOY if partners else dict(TOY, joints=['nose', 'a', 'b'], edges=[['nose', 'a']])
    prior(skeleton=skeleton, jitter=dict(flip=flip))
    assert len(warned) == told
    if told:
        assert "['nose', 'a', 'b']" in warned[0] and "swaps=dict(a='b')" in warned[0]


def test_the_wrong_frame_is_noticed(tmp_path):
    path = save(tmp_path / 'p.npz', keypoints=np.full((4, 3, 2), 300.0))
    with pytest.raises(ValueError, match="p.npz.*300 to 300.*frame='image'"):
        prior(path, frame='image')
    with pytest.raises(ValueError, match="state the frame"):
        prior(path, frame=None)
    with pytest.raises(ValueError, match="'inch'"):
        prior(path, frame='inch')
    np.testing.assert_allclose(prior(path, frame=('pixels', 600, 300)).poses[0, 0], [0, 1])


def test_npz_file(tmp_path):
    path = save(tmp_path / 'p.npz', faces=(POSE[None] + 1) / 2)
    np.testing.assert_allclose(prior(path, key='faces', frame='image').poses[0], POSE, atol=1e-7)
    with pytest.raises(ValueError, match=r"p.npz has no array \['keypoints'\]; it has \['faces'\]"):
        prior(path)
    with pytest.raises(FileNotFoundError, match='q.npz'):
        prior(str(tmp_path / 'q.npz'))


@pytest.mark.parametrize('poses, message', [
    (np.zeros((0, 3, 2)), 'p.npz: holds no pose'),
    (np.zeros((5, 4, 2)), r'p.npz: poses must be \(N, 3, 2\).*got \(5, 4, 2\)'),
    (np.zeros((5, 3, 3)), r'got \(5, 3, 3\)'),
    (np.zeros((3, 2)), r'got \(3, 2\)'),
])
def test_wrong_shapes_are_refused(tmp_path, poses, message):
    with pytest.raises(ValueError, match=message):
        prior(save(tmp_path / 'p.npz', keypoints=poses))


def holed():
    poses = np.repeat(POSE[None], 4, axis=0)
    poses[2, 1] = np.nan
    return poses


def test_missing_joints_are_refused_with_file_row_and_joint(tmp_path):
    path = save(tmp_path / 'p.npz', keypoints=holed())
    with pytest.raises(ValueError, match="p.npz: row 2, joint 'left_ear' is .nan, nan. .1 of 4"):
        prior(path)
    infinite = np.repeat(POSE[None], 2, axis=0)
    infinite[1, 0, 0] = np.inf
    with pytest.raises(ValueError, match="row 1, joint 'nose'"):
        prior(infinite, allow_missing=True)


def test_missing_joints_when_allowed():
    data = prior(holed(), allow_missing=True)
    assert data.visible.tolist() == [[True] * 3] * 2 + [[True, False, True]] + [[True] * 3]
    assert np.isfinite(data.poses).all() and data.poses[2, 1].tolist() == [0, 0]
    # The mean takes the rows that have the joint.
    np.testing.assert_allclose(data.mean_pose(), POSE, atol=1e-7)


def test_rows_or_joints_that_are_missing_altogether():
    poses = holed()
    poses[3] = np.nan
    with pytest.raises(ValueError, match='row 3 has no joint that can be used'):
        prior(poses, allow_missing=True)
    with pytest.raises(ValueError, match="no row has the joint 'left_ear'"):
        prior(holed()[2:3], allow_missing=True)


def test_flip_mirrors_and_exchanges_left_and_right():
    item = prior(jitter=dict(flip=1.0))[0]
    # The left ear is now where the right ear's mirror image lies: x = +0.25.
    np.testing.assert_allclose(item['keypoints'], [[0, 0.2], [0.25, 0.4], [-0.5, 0.4]])


def test_flip_exchanges_visibility_too():
    data = prior(holed(), allow_missing=True, jitter=dict(flip=1.0, shift=0.2))
    items = [data[draw] for draw in range(40)]
    hidden = [item for item in items if not item['visible'].all()]
    assert hidden
    for item in hidden:
        assert item['visible'].tolist() == [True, True, False]
        assert item['keypoints'][2].tolist() == [0, 0]  # a missing joint is not moved


def test_jitter_turns_about_the_frames_centre():
    data = prior(jitter=dict(rotate_deg=180))
    radii = np.linalg.norm(POSE, axis=1)
    angles = []
    for draw in range(200):
        pose = data[draw]['keypoints'].numpy()
        np.testing.assert_allclose(np.linalg.norm(pose, axis=1), radii, atol=1e-6)
        angles.append(np.degrees(np.arctan2(pose[0, 1], pose[0, 0])))
    assert np.histogram(angles, 4, (-180, 180))[0].min() > 25


def test_rotation_ramp_goes_by_the_draw_number():
    data = prior(jitter=dict(rotate_deg=dict(start=0, end=90, begin=100, until=200)))
    np.testing.assert_allclose(data[99]['keypoints'], POSE, atol=1e-6)
    moved = [np.abs(data[draw]['keypoints'].numpy() - POSE).max() for draw in range(300, 320)]
    assert max(moved) > 0.4


def test_draws_are_a_pure_function_of_seed_and_number():
    poses = np.random.default_rng(0).uniform(-1, 1, (50, 3, 2))
    one, other = (prior(poses, jitter=dict(scale=(0.5, 1))) for _ in range(2))
    for draw in (3, 10**9, 0, 3):
        assert torch.equal(one[draw]['keypoints'], other[draw]['keypoints'])
    different = prior(poses, jitter=dict(scale=(0.5, 1)), seed=1)
    assert any(not torch.equal(one[d]['keypoints'], different[d]['keypoints']) for d in range(5))


def test_poses_and_pairs_use_different_streams():
    assert pose_prior.RNG_STREAM != PAIR_STREAM


def test_max_poses_keeps_a_fixed_random_subset():
    poses = np.random.default_rng(0).uniform(-1, 1, (50, 3, 2)).astype(np.float32)
    kept = prior(poses, max_poses=7)
    assert len(kept) == 7
    rows = [np.flatnonzero((poses == pose).all(axis=(1, 2)))[0] for pose in kept.poses]
    assert rows == sorted(set(rows)) and rows != list(range(7))
    # The run's seed does not change which poses are known.
    np.testing.assert_array_equal(prior(poses, max_poses=7, seed=5).poses, kept.poses)
    for bad in (0, 51):
        with pytest.raises(ValueError, match=f'max_poses={bad}'):
            prior(poses, max_poses=bad)


def test_all_poses_are_drawn_and_the_mean_is_theirs():
    poses = np.random.default_rng(0).uniform(-1, 1, (8, 3, 2))
    data = prior(poses)
    drawn = {data[draw]['keypoints'].numpy().tobytes() for draw in range(200)}
    assert len(drawn) == 8
    np.testing.assert_allclose(data.mean_pose(), poses.mean(axis=0), atol=1e-6)


def test_synthetic_source():
    data = PosePriorDataset(dict(type='synthetic', seed=3, num_poses=40), 'h36m17', seed=0)
    assert data.poses.shape == (40, 17, 2) and data.skeleton.name == 'h36m17'
    # Frame coordinates 0..1 became unit coordinates: people stand around the frame's middle.
    assert data.poses.min() < -0.2 and np.abs(data.mean_pose()).max() < 0.8
    with pytest.raises(ValueError, match='know their frame'):
        PosePriorDataset(dict(type='synthetic', seed=3, num_poses=4), 'h36m17', frame='unit')
    with pytest.raises(ValueError, match="'mocap'"):
        PosePriorDataset(dict(type='mocap'), 'h36m17')


def test_seed_comes_from_the_run_unless_stated():
    free, own = prior(seed=None), prior(seed=3)
    with pytest.raises(RuntimeError, match='no seed'):
        free[0]
    for data in (free, own):
        sampler = GlobalDrawSampler(data, seed=8)
        assert data.seed == (3 if data is own else 8)
        sampler.set_seed(9)  # a resume brought the seed of the first run
    assert (free.seed, own.seed) == (9, 3)


def test_npy_file(tmp_path):
    np.save(tmp_path / 'p.npy', POSE[None])
    np.testing.assert_allclose(prior(tmp_path / 'p.npy').poses[0], POSE, atol=1e-7)
    np.save(tmp_path / 'p.npy', np.zeros((5, 4, 2)))
    with pytest.raises(ValueError, match=r'p.npy: poses must be .*got \(5, 4, 2\)'):
        prior(tmp_path / 'p.npy')


SHUFFLED = ['right_ear', 'tail', 'nose', 'left_ear']


def shuffled_file(folder, names=SHUFFLED):
    """POSE as fractions of the frame, in the order of SHUFFLED."""
    poses = (np.array([POSE[2], [9, 9], POSE[0], POSE[1]])[None] + 1) / 2
    return save(folder / 'p.npz', keypoints=poses, **({} if names is None else dict(joints=names)))


def test_joints_are_ordered_by_their_names(tmp_path):
    data = prior(shuffled_file(tmp_path), frame='image')
    np.testing.assert_allclose(data.poses[0], POSE, atol=1e-7)
    # A nameless file: its names, and other names than the skeleton's, are stated in the config.
    path = shuffled_file(tmp_path, names=None)
    source = dict(type='file', path=path, frame='image', joints=SHUFFLED)
    np.testing.assert_allclose(prior(source, frame=None).poses, data.poses, atol=1e-7)
    source = dict(type='file', path=path, frame='image', joints=['r', 't', 'nose', 'l'],
                  joint_names=dict(left_ear='l', right_ear='r'))
    np.testing.assert_allclose(prior(source, frame=None).poses, data.poses, atol=1e-7)


def test_wrong_joints_are_refused_with_the_files_name(tmp_path):
    path = shuffled_file(tmp_path, names=['right_ear', 'tail', 'snout', 'left_ear'])
    with pytest.raises(ValueError, match=r"p.npz: lacks the joints \['nose'\].*'snout'"):
        prior(path, frame='image')
    with pytest.raises(ValueError, match=r'p.npz: poses must be \(N, 3, 2\).*joint_names'):
        prior(shuffled_file(tmp_path, names=None), frame='image')
    path = shuffled_file(tmp_path, names=SHUFFLED[:3])
    with pytest.raises(ValueError, match='p.npz: 3 joint names for poses of shape'):
        prior(path, frame='image')
    source = dict(type='file', path=path, frame='image', joints=SHUFFLED,
                  joint_names=dict(left_foot='tail'))
    with pytest.raises(ValueError, match="p.npz.*joint_names has .'left_foot'."):
        prior(source, frame=None)


def test_a_joint_that_a_source_lacks_must_come_from_another(tmp_path):
    path = save(tmp_path / 'half.npz', keypoints=(POSE[None, :2] + 1) / 2,
                joints=['nose', 'left_ear'])
    half = dict(type='file', path=path, frame='image')
    with pytest.raises(ValueError, match="no row has the joint 'right_ear'"):
        prior(half, frame=None, allow_missing=True)
    whole = dict(type='file', path=shuffled_file(tmp_path), frame='image')
    mix = [{**half, 'weight': 1}, {**whole, 'weight': 1}]
    data = prior(mix, frame=None, allow_missing=True)
    assert data.visible.tolist() == [[True, True, False], [True] * 3]
    np.testing.assert_allclose(data.mean_pose(), POSE, atol=1e-7)


def mix_of(folder, few=2, many=40, weights=(3, 1)):
    """Two sources of unlike size: poses of the first lie at x = -0.5, of the second at x = 0.5."""
    sources = []
    for name, count, x, weight in zip('ab', (few, many), (-0.5, 0.5), weights):
        poses = np.full((count, 3, 2), x)
        poses[..., 1] = np.linspace(-0.9, 0.9, count)[:, None]
        path = save(folder / f'{name}.npz', keypoints=poses)
        sources.append(dict(type='file', path=path, frame='unit', weight=weight))
    return sources


def test_a_mix_draws_by_weight_and_then_uniformly(tmp_path):
    data = prior(mix_of(tmp_path), frame=None)
    assert len(data) == 42 and data.sizes.tolist() == [2, 40]
    np.testing.assert_allclose(data.weights, [0.75, 0.25])
    # All rows, source after source.
    assert (data.poses[:2, :, 0] == -0.5).all() and (data.poses[2:, :, 0] == 0.5).all()
    drawn = np.stack([data[draw]['keypoints'].numpy() for draw in range(2000)])
    first = drawn[:, 0, 0] < 0
    assert abs(first.mean() - 0.75) < 0.03  # three standard deviations
    counts = np.unique(drawn[first][:, 0, 1], return_counts=True)[1]
    assert len(counts) == 2 and counts.min() > 650
    assert len(np.unique(drawn[~first][:, 0, 1])) == 40
    # The mean is that of the draws: 0.75 * -0.5 + 0.25 * 0.5, though most rows are the second's.
    np.testing.assert_allclose(data.mean_pose(), [[-0.25, 0]] * 3, atol=1e-7)
    again = prior(mix_of(tmp_path), frame=None)
    assert all(torch.equal(again[d]['keypoints'], data[d]['keypoints']) for d in (7, 3, 10**9))


def test_a_mix_of_one_draws_like_the_source_alone(tmp_path):
    one = mix_of(tmp_path)[1]
    alone = prior({key: one[key] for key in ('type', 'path', 'frame')}, frame=None)
    listed, from_path = prior([one], frame=None), prior(one['path'])
    for draw in range(50):
        for other in (listed, from_path):
            assert torch.equal(alone[draw]['keypoints'], other[draw]['keypoints'])


def test_max_poses_of_a_mix_keeps_the_weights(tmp_path):
    data = prior(mix_of(tmp_path, few=20), frame=None, max_poses=30)
    assert data.sizes.sum() == 30 == len(data) and (data.sizes < [20, 40]).all()
    assert (data.poses[:data.sizes[0], :, 0] == -0.5).all()
    np.testing.assert_allclose(data.mean_pose()[0, 0], -0.25, atol=1e-7)
    with pytest.raises(ValueError, match=r'max_poses=1 leaves a source .*\[0, 1\]|\[1, 0\]'):
        prior(mix_of(tmp_path), frame=None, max_poses=1)


def test_mixes_that_are_refused(tmp_path):
    first, second = mix_of(tmp_path)
    unweighted = {key: second[key] for key in ('type', 'path', 'frame')}
    for weight in (0, -1, '1', float('nan')):
        with pytest.raises(ValueError, match='needs a positive weight.*b.npz'):
            prior([first, {**second, 'weight': weight}], frame=None)
    with pytest.raises(ValueError, match='needs a positive weight.*b.npz'):
        prior([first, unweighted], frame=None)
    with pytest.raises(ValueError, match='weight is for a list'):
        prior(first, frame=None)
    with pytest.raises(ValueError, match="a mix is a list of dict.*'b.npz'"):
        prior([first, 'b.npz'], frame=None)
    with pytest.raises(ValueError, match='know their frame'):
        prior([first, second], frame='unit')


def test_placement_belongs_to_its_source(tmp_path):
    np.savez(tmp_path / 'a.npz', keypoints=np.full((1, 4, 2), 0.5))
    source = dict(type='file', path=str(tmp_path / 'a.npz'), frame='image')
    prior = PosePriorDataset(
        [dict(source, weight=1), dict(source, weight=1, placement=dict(offset=(0.0, 0.25)))],
        skeleton='mouse4')
    np.testing.assert_allclose(prior.poses, [[[0, 0]] * 4, [[0, 0.5]] * 4], atol=1e-7)
    lacking = np.full((1, 4, 2), 0.5)
    lacking[0, 3] = np.nan
    np.savez(tmp_path / 'b.npz', keypoints=np.concatenate([np.full((1, 4, 2), 0.5), lacking]))
    moved = PosePriorDataset(dict(source, path=str(tmp_path / 'b.npz'),
                                  placement=dict(offset=(0.25, 0.0))), skeleton='mouse4',
                             allow_missing=True)
    np.testing.assert_allclose(moved.poses[1], [[0.5, 0]] * 3 + [[0, 0]], atol=1e-7)


PLACES = np.random.default_rng(0).uniform(0.2, 0.8, (4, 3, 2))
THREE = dict(name='t', joints=['a', 'b', 'c'], edges=[['a', 'b']])


@pytest.mark.parametrize('key, kind', [('joints', 'U'), ('joints', 'S'), ('names', 'S')])
def test_joints_go_by_name_however_they_are_kept(tmp_path, key, kind):
    swapped = np.array(['c', 'a', 'b']).astype(kind)
    np.savez(tmp_path / 'p.npz', keypoints=PLACES, **{key: swapped})
    prior = PosePriorDataset(str(tmp_path / 'p.npz'), THREE, frame='image', seed=0)
    np.testing.assert_allclose(prior.poses, 2 * PLACES[:, [1, 2, 0]] - 1, atol=1e-6)


def test_nameless_joints_are_told(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(MMLogger.get_current_instance(), 'info', told.append)
    np.save(tmp_path / 'p.npy', PLACES)
    PosePriorDataset(str(tmp_path / 'p.npy'), THREE, frame='image', seed=0)
    assert 'p.npy does not name its joints: they are taken to be in the order of' in told[0]


@pytest.mark.parametrize('frame, bad', [('image', 2.1), ('unit', 3.1), (('pixels', 40, 20), 90)])
def test_a_point_far_outside_the_frame_is_asked_about(tmp_path, warned, frame, bad):
    points = np.tile(PLACES, (3, 1, 1)) * ([40, 20] if frame[0] == 'pixels' else 1)
    points[5, 1, 0] = bad
    np.save(tmp_path / 'p.npy', points)
    source = dict(type='file', path=str(tmp_path / 'p.npy'), frame=frame)
    with pytest.raises(ValueError, match=r"row 5, joint 'b' is \[nan, nan\] .1 of 12 rows"):
        PosePriorDataset(source, THREE, seed=0)
    assert "lie farther outside the frame than it is wide (first: joint 'b' of row 5)" in warned[0]
    assert len(PosePriorDataset(dict(source, min_visible=3), THREE, seed=0)) == 11
