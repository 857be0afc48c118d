import numpy as np
import pytest

from ikp_mm.priors.arrays import file_poses, landmarks_array_poses, yaw_from_landmarks
from ikp_mm.skeletons import FACE68


POINTS = np.random.default_rng(0).uniform(0.2, 0.8, (4, 3, 2))


def test_npz_with_names_and_npy(tmp_path):
    np.savez(tmp_path / 'p.npz', keypoints=POINTS, joints=['a', 'b', 'c'])
    np.save(tmp_path / 'p.npy', POINTS)
    named = file_poses(tmp_path / 'p.npz', 'image')
    assert named.joints == ('a', 'b', 'c')
    np.testing.assert_allclose(named.keypoints, POINTS)
    plain = file_poses(tmp_path / 'p.npy', ('pixels', 2, 4))
    assert plain.joints is None
    np.testing.assert_allclose(plain.keypoints, POINTS / [2, 4])


def test_an_array_joints_of_numbers_is_no_list_of_names(tmp_path):
    np.savez(tmp_path / 'p.npz', joints=POINTS * 2 - 1)
    named = file_poses(tmp_path / 'p.npz', 'unit', key='joints')
    assert named.joints is None
    np.testing.assert_allclose(named.keypoints, POINTS)


def test_marks_of_absence_are_no_points(tmp_path, warned):
    points = POINTS.copy()
    points[1, 2] = 0
    np.save(tmp_path / 'p.npy', points)
    assert np.isnan(file_poses(tmp_path / 'p.npy', 'image').keypoints[1, 2]).all()
    assert 'first: joint 2 of row 1' in warned[0]
    # In unit coordinates it is the middle of the frame.
    kept = file_poses(tmp_path / 'p.npy', 'unit')
    np.testing.assert_array_equal(kept.keypoints[1, 2], [0.5, 0.5])


def turned_head(yaw_deg, roll_deg=0.0):
    """Landmarks of a head whose nose tip stands out as far as its eye corners lie from the middle.

    Points other than the three are filled in so that the tight box is known: x and y in [-3, 3].
    """
    head = np.zeros((68, 3))
    head[FACE68.index('right_eye_outer')] = [-1, 0, 0]
    head[FACE68.index('left_eye_outer')] = [1, 0, 0]
    head[FACE68.index('nose_bridge_4')] = [0, 0.7, 1]
    yaw, roll = np.radians([yaw_deg, roll_deg])
    x = head[:, 0] * np.cos(yaw) + head[:, 2] * np.sin(yaw)
    points = np.stack([x, head[:, 1]], axis=1) @ np.array(
        [[np.cos(roll), np.sin(roll)], [-np.sin(roll), np.cos(roll)]])
    points[0], points[16] = [-3, -3], [3, 3]
    return points


@pytest.mark.parametrize('yaw', [0, 25, -25, 60, 88])
@pytest.mark.parametrize('roll', [0, 40, 180])
def test_yaw_of_a_turned_head(yaw, roll):
    found = yaw_from_landmarks(turned_head(yaw, roll)[None] * 50 + 300)
    np.testing.assert_allclose(found, [abs(yaw)], atol=1e-6)


def test_yaw_without_an_eye_line():
    faces = np.stack([turned_head(0)] * 2)
    faces[0, FACE68.index('left_eye_outer')] = faces[0, FACE68.index('right_eye_outer')]
    faces[1, FACE68.index('nose_bridge_4')] = np.nan
    np.testing.assert_array_equal(yaw_from_landmarks(faces), [90, np.nan])


@pytest.mark.parametrize('channels', [2, 3])
@pytest.mark.parametrize('channels_first', [False, True])
def test_axis_orders_and_frame(tmp_path, channels, channels_first):
    faces = np.stack([turned_head(0), turned_head(20)])
    points = np.concatenate([faces * 10 + 100, np.zeros((2, 68, 1))], axis=2)[..., :channels]
    np.save(tmp_path / 'a.npy', points.transpose(0, 2, 1) if channels_first else points)
    poses = landmarks_array_poses(tmp_path / 'a.npy', padding=1.25)
    assert poses.joints == FACE68.joints
    # The box is 6 wide about 0, so the frame 7.5.
    np.testing.assert_allclose(poses.keypoints, faces / 7.5 + 0.5, atol=1e-12)


def test_near_frontal_faces_only(tmp_path):
    faces = np.stack([turned_head(yaw) for yaw in (-50, 10, 31, -29)])
    np.savez(tmp_path / 'a.npz', faces=faces)
    kept = landmarks_array_poses(tmp_path / 'a.npz', key='faces', max_yaw_deg=30).keypoints
    np.testing.assert_allclose(kept, faces[[1, 3]] / 7.5 + 0.5, atol=1e-12)
    with pytest.raises(ValueError, match='0 of 4 faces have a yaw of at most 5'):
        landmarks_array_poses(tmp_path / 'a.npz', key='faces', max_yaw_deg=5)


def test_refused(tmp_path):
    np.save(tmp_path / 'a.npy', np.zeros((5, 3, 2)))
    with pytest.raises(ValueError, match=r'a.npy: landmarks must be .*got \(5, 3, 2\)'):
        landmarks_array_poses(tmp_path / 'a.npy')
    np.save(tmp_path / 'b.npy', np.zeros((5, 68)))
    with pytest.raises(ValueError, match=r'b.npy: .*got \(5, 68\)'):
        landmarks_array_poses(tmp_path / 'b.npy')
    np.save(tmp_path / 'c.npy', np.random.default_rng(0).random((5, 29, 2)))
    assert landmarks_array_poses(tmp_path / 'c.npy').joints is None
    with pytest.raises(ValueError, match='c.npy: max_yaw_deg needs the 68 points.*29'):
        landmarks_array_poses(tmp_path / 'c.npy', max_yaw_deg=30)


def test_own_names_and_marks_of_absence(tmp_path, warned):
    points = np.random.default_rng(0).uniform(10, 90, (6, 5, 2))
    points[2, 1] = -1
    np.savez(tmp_path / 'a.npz', keypoints=points, names=np.array([b'a', b'b', b'c', b'd', b'e']))
    poses = landmarks_array_poses(tmp_path / 'a.npz')
    assert poses.joints == tuple('abcde') and poses.rows[2] == 'row 2'
    assert np.isnan(poses.keypoints[2, 1]).all()
    assert "(first: joint 'b' of row 2)" in warned[0]
