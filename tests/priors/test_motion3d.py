import numpy as np
import pytest

from ikp_mm.priors import PosePriorDataset
from ikp_mm.priors.motion3d import bvh_poses, motion3d_poses

# Right and left hip, head and nose of a figure that faces +z, y up, in metres. Its left is at +x.
FIGURE = np.array([[-0.2, 0.0, 0.0], [0.2, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.9, 0.1]])
JOINTS = ['right_hip', 'left_hip', 'head', 'nose']


def write(folder, *motions, **more):
    np.savez(folder / 'm.npz', **{f's{i}': motion for i, motion in enumerate(motions)}, **more)
    return folder / 'm.npz'


def view(folder, points=FIGURE, azimuth=0.0, elevation=0.0, **options):
    path = write(folder, np.asarray(points)[None], joints=JOINTS)
    return motion3d_poses(path, azimuth_deg=(azimuth, azimuth),
                          elevation_deg=(elevation, elevation), fill=(0.5, 0.5),
                          **options).keypoints[0]


def test_from_the_front(tmp_path):
    # 1 m high fills half the frame: 0.5 a metre about the box's centre (0, 0.5). Facing us, the
    # figure's left is on the right of the picture, and its head is up.
    np.testing.assert_allclose(view(tmp_path),
                               [[0.4, 0.75], [0.6, 0.75], [0.5, 0.25], [0.5, 0.3]])


def test_azimuth_turns_the_front_to_the_right(tmp_path):
    # From the side, x is the depth: 0 for all but the nose at 0.1, whose box runs from 0 to 0.1.
    np.testing.assert_allclose(view(tmp_path, azimuth=90),
                               [[0.475, 0.75], [0.475, 0.75], [0.475, 0.25], [0.525, 0.3]],
                               atol=1e-12)
    assert view(tmp_path, azimuth=180)[1, 0] == pytest.approx(0.4)  # seen from behind


def test_elevation_looks_down(tmp_path):
    # From straight above: up in the picture is away from the camera's foot, so the nose is below.
    top = view(tmp_path, elevation=90)
    assert top[3, 1] > top[2, 1] and top[2, 1] == pytest.approx(top[0, 1])
    assert top[1, 0] - top[0, 0] == pytest.approx(0.5)  # the hips fill half the frame


def test_up_axes(tmp_path):
    # The same figure with z up facing -y, and in a camera's frame (y down) facing the camera.
    z_up = FIGURE[:, [0, 2, 1]] * [1, -1, 1]
    camera = FIGURE * [1, -1, -1]
    for points, up in ((z_up, 'z'), (camera, '-y')):
        for azimuth in (0, 30):
            np.testing.assert_allclose(view(tmp_path, points, azimuth, up=up),
                                       view(tmp_path, azimuth=azimuth), atol=1e-12)


@pytest.mark.parametrize('facing', [('right_hip', 'left_hip'), (0, 1)])
def test_azimuth_from_where_the_figure_faces(tmp_path, facing):
    turn = np.radians(130)
    turned = FIGURE @ np.array([[np.cos(turn), 0, -np.sin(turn)], [0, 1, 0],
                                [np.sin(turn), 0, np.cos(turn)]])
    expected = view(tmp_path, azimuth=20)
    assert not np.allclose(view(tmp_path, turned, 20), expected, atol=0.02)
    np.testing.assert_allclose(view(tmp_path, turned, 20, facing=facing), expected, atol=1e-12)
    with pytest.raises(ValueError, match=r"facing must be a pair .*'left_knee'.*'left_hip'"):
        view(tmp_path, facing=('right_hip', 'left_knee'))


def test_perspective_enlarges_what_is_near(tmp_path):
    # Four corners of a square in depth; the box's largest side is 1, so the camera is 2 away.
    corners = np.array([[-0.5, 0, 0.5], [0.5, 0, 0.5], [-0.5, 0, -0.5], [0.5, 0.2, -0.5]])
    points = view(tmp_path, corners, distance=2.0)
    near, far = points[1, 0] - points[0, 0], points[3, 0] - points[2, 0]
    # At 1.5 and at 2.5 from the camera.
    assert near / far == pytest.approx(2.5 / 1.5)
    assert view(tmp_path, corners)[3, 0] - view(tmp_path, corners)[2, 0] == pytest.approx(0.5)


def test_frames_views_and_seed(tmp_path):
    rng = np.random.default_rng(0)
    path = write(tmp_path, rng.random((7, 4, 3)).astype(np.float16), rng.random((4, 4, 3)))
    poses = motion3d_poses(path, seed=3, every=3, views=2, fill=(0.6, 0.9)).keypoints
    assert poses.shape == ((3 + 2) * 2, 4, 2)
    sides = (poses.max(axis=1) - poses.min(axis=1)).max(axis=1)
    assert sides.min() >= 0.6 and sides.max() <= 0.9 and len(set(sides.round(6))) == 10
    np.testing.assert_allclose((poses.max(axis=1) + poses.min(axis=1)) / 2, 0.5)
    again = motion3d_poses(path, seed=3, every=3, views=2, fill=(0.6, 0.9))
    np.testing.assert_array_equal(poses, again.keypoints)
    assert again.joints is None
    assert not np.allclose(poses, motion3d_poses(path, seed=4, every=3, views=2).keypoints)


def test_azimuths_fill_their_range(tmp_path):
    path = write(tmp_path, np.repeat(FIGURE[None], 400, axis=0))
    poses = motion3d_poses(path, azimuth_deg=(-90, 90)).keypoints
    assert (poses[:, 1, 0] > poses[:, 0, 0]).all()  # never from behind
    poses = motion3d_poses(path, azimuth_deg=(-180, 180)).keypoints
    assert 0.4 < (poses[:, 1, 0] > poses[:, 0, 0]).mean() < 0.6


def test_files_that_are_refused(tmp_path):
    good = np.random.default_rng(0).random((5, 4, 3))
    for bad, message in ((good[:, :3], r"'s1' is \(5, 3, 3\)"), (good[..., :2], "'s1'"),
                         (good[:0], r"'s1' is \(0, 4, 3\)")):
        with pytest.raises(ValueError, match=f'm.npz: {message}'):
            motion3d_poses(write(tmp_path, good, bad))
    with pytest.raises(ValueError, match='m.npz holds no motion'):
        motion3d_poses(write(tmp_path, joints=JOINTS))
    with pytest.raises(FileNotFoundError, match='gone.npz'):
        motion3d_poses(tmp_path / 'gone.npz')


def test_frames_that_show_nothing_are_named_and_left_out_on_request(tmp_path, warned):
    motion = np.random.default_rng(0).random((6, 4, 3))
    bad = motion.copy()
    bad[2], bad[4, 1, 0] = 1.0, np.nan
    skeleton = dict(name='s', joints=JOINTS, edges=[])
    source = dict(type='motion3d', path=str(write(tmp_path, motion, bad, joints=JOINTS)), every=2)
    with pytest.raises(ValueError, match="frame 2 of s1, joint 'right_hip' is .nan, nan. .2 of 6"):
        PosePriorDataset(source, skeleton, seed=0)
    assert '2 of 6 frames have no extent, or hold what is not finite (first: frame 2 of s1)' in \
        warned[0]
    left = PosePriorDataset(dict(source, min_visible=4), skeleton, seed=0)
    np.testing.assert_allclose(
        left.poses[:3], 2 * motion3d_poses(source['path'], every=2).keypoints[:3] - 1, atol=1e-6)
    assert len(left) == 4


@pytest.mark.parametrize('key', ['joints', 'names'])
def test_names_may_be_bytes_and_are_no_motion(tmp_path, key):
    path = write(tmp_path, FIGURE[None], **{key: np.array(JOINTS, 'S')})
    assert motion3d_poses(path).joints == tuple(JOINTS)
    with pytest.raises(ValueError, match=f"m.npz: '{key}' is kept as Python objects"):
        motion3d_poses(write(tmp_path, FIGURE[None], **{key: np.array(JOINTS, object)}))


@pytest.mark.parametrize('options, message', [
    (dict(up='x'), "up must be .*'x'"), (dict(every=0), 'every and views'),
    (dict(views=0), 'every and views'), (dict(azimuth_deg=(10, -10)), 'azimuth_deg must be'),
    (dict(fill=(0, 1)), 'fill must be positive'), (dict(distance=1), 'distance must be')])
def test_settings_that_are_refused(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        motion3d_poses(write(tmp_path, FIGURE[None]), **options)


# Feet 1 below the hips, head 3 above, a hand 2 to the figure's left (+x); it faces +z.
BVH = '''HIERARCHY
ROOT hips
{{
OFFSET 0 0 0
CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
JOINT foot
{{
OFFSET 0 -1 0
CHANNELS 3 Zrotation Xrotation Yrotation
}}
JOINT {head}
{{
OFFSET 0 3 0
CHANNELS 3 Zrotation Xrotation Yrotation
}}
End Site
{{
OFFSET 2 0 0
}}
}}
MOTION
Frames: 2
Frame Time: 0.04
0 0 0 0 0 0 0 0 0 0 0 0
5 5 5 0 0 180 0 0 0 0 0 0
'''


def write_bvh(folder, name='a.bvh', head='head'):
    (folder / name).write_text(BVH.format(head=head))
    return folder / name


def test_bvh_from_the_front(tmp_path):
    # 4 high and 2 wide in a frame of 8: from 0.25 to 0.75 down, hips at 1 / 8 above the feet. The
    # box is centred, so the hips are 1 / 8 left of the middle and the hand 1 / 8 right of it; in
    # the second frame the figure has turned its back.
    poses = bvh_poses(write_bvh(tmp_path), azimuth_deg=(0, 0), fill=(0.5, 0.5))
    assert poses.joints == ('hips', 'foot', 'head', 'hips_end')
    np.testing.assert_allclose(poses.keypoints, [
        [[0.375, 0.625], [0.375, 0.75], [0.375, 0.25], [0.625, 0.625]],
        [[0.625, 0.625], [0.625, 0.75], [0.625, 0.25], [0.375, 0.625]]], atol=1e-12)


def test_bvh_joints_that_do_not_count_do_not_stretch_the_box(tmp_path):
    poses = bvh_poses(write_bvh(tmp_path), keep=['head', 'foot'], skip_frames=1, azimuth_deg=(0, 0),
                      fill=(0.5, 0.5))
    assert poses.joints == ('foot', 'head')
    np.testing.assert_allclose(poses.keypoints, [[[0.5, 0.75], [0.5, 0.25]]], atol=1e-12)


def test_a_folder_of_bvh_files_as_a_prior(tmp_path):
    (tmp_path / 'sub').mkdir()
    write_bvh(tmp_path)
    write_bvh(tmp_path / 'sub', 'B.BVH')
    stick = dict(name='stick', joints=['top', 'foot'], edges=[['top', 'foot']])
    prior = PosePriorDataset(dict(type='bvh', path=str(tmp_path), joint_names=dict(top='head')),
                             stick, seed=0)
    assert len(prior) == 4


def test_bvh_files_that_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'no file \*\*/\*.bvh below'):
        bvh_poses(tmp_path)
    write_bvh(tmp_path)
    with pytest.raises(ValueError, match=r"no joint \['tail'\]; it has \['hips', 'foot'"):
        bvh_poses(tmp_path, keep=['tail'])
    with pytest.raises(ValueError, match='has 2 frames, skip_frames=2 leaves none'):
        bvh_poses(tmp_path, skip_frames=2)
    write_bvh(tmp_path, 'b.bvh', head='skull')
    with pytest.raises(ValueError, match='b.bvh has other joints than'):
        bvh_poses(tmp_path)
