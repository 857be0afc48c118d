import numpy as np
import pytest
from mmengine.logging import MMLogger

from ikp_mm.priors import PosePriorDataset
from ikp_mm.priors.loading import file_poses

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


@pytest.mark.parametrize('key, kind', [('joints', 'U'), ('joints', 'S'), ('names', 'S')])
def test_joints_go_by_name_however_they_are_kept(tmp_path, key, kind):
    swapped = np.array(['c', 'a', 'b']).astype(kind)
    np.savez(tmp_path / 'p.npz', keypoints=POINTS, **{key: swapped})
    three = dict(name='t', joints=['a', 'b', 'c'], edges=[['a', 'b']])
    prior = PosePriorDataset(str(tmp_path / 'p.npz'), three, frame='image', seed=0)
    np.testing.assert_allclose(prior.poses, 2 * POINTS[:, [1, 2, 0]] - 1, atol=1e-6)


def test_nameless_joints_are_told(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(MMLogger.get_current_instance(), 'info', told.append)
    np.save(tmp_path / 'p.npy', POINTS)
    three = dict(name='t', joints=['a', 'b', 'c'], edges=[['a', 'b']])
    PosePriorDataset(str(tmp_path / 'p.npy'), three, frame='image', seed=0)
    assert 'p.npy does not name its joints: they are taken to be in the order of' in told[0]


def test_marks_of_absence_are_no_points(tmp_path, warned):
    points = POINTS.copy()
    points[1, 2] = 0
    np.save(tmp_path / 'p.npy', points)
    assert np.isnan(file_poses(tmp_path / 'p.npy', 'image').keypoints[1, 2]).all()
    assert 'first: joint 2 of row 1' in warned[0]
    # In unit coordinates it is the middle of the frame.
    np.testing.assert_array_equal(file_poses(tmp_path / 'p.npy', 'unit').keypoints[1, 2], [0.5, 0.5])


@pytest.mark.parametrize('frame, bad', [('image', 2.1), ('unit', 3.1), (('pixels', 40, 20), 90)])
def test_a_point_far_outside_the_frame_is_asked_about(tmp_path, warned, frame, bad):
    points = np.tile(POINTS, (3, 1, 1)) * ([40, 20] if frame[0] == 'pixels' else 1)
    points[5, 1, 0] = bad
    np.save(tmp_path / 'p.npy', points)
    three = dict(name='t', joints=['a', 'b', 'c'], edges=[['a', 'b']])
    source = dict(type='file', path=str(tmp_path / 'p.npy'), frame=frame)
    with pytest.raises(ValueError, match=r"row 5, joint 'b' is \[nan, nan\] .1 of 12 rows"):
        PosePriorDataset(source, three, seed=0)
    assert "lie farther outside the frame than it is wide (first: joint 'b' of row 5)" in warned[0]
    assert len(PosePriorDataset(dict(source, min_visible=3), three, seed=0)) == 11
