import numpy as np
import pytest

from ikp_mm.priors.files import file_poses, read_array

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


def test_broken_files_are_named(tmp_path):
    (tmp_path / 'text.npy').write_text('x y')
    (tmp_path / 'empty.npy').write_bytes(b'')
    np.save(tmp_path / 'objects.npy', np.array([{}], object), allow_pickle=True)
    for name in ('text', 'empty', 'objects'):
        with pytest.raises(ValueError, match=f'{name}.npy is no readable npy file'):
            read_array(tmp_path / f'{name}.npy', 'k', '')
    with pytest.raises(FileNotFoundError, match='gone.npy'):
        read_array(tmp_path / 'gone.npy', 'k', '')
