"""Files as MMPose's preprocess_mpi_inf_3dhp.py writes them."""
import numpy as np
import pytest

from ikp_mm.priors.mmpose_npz import mmpose_npz_poses


def write(path, **changes):
    part = np.array([[[100.0, 200, 1], [140, 220, 1]], [[10.0, 20, 1], [-5, 20, 0]]])
    arrays = dict(imgname=np.array(['S1_Seq1_Cam0_000001.jpg', 'S2_Seq1_Cam0_000001.jpg']),
                  center=np.array([[120.0, 210], [5, 20]]), scale=np.array([0.25, 0.1]), part=part,
                  S=np.zeros((2, 2, 4)))
    np.savez(path, **{**arrays, **changes})
    return path


def test_frames_and_joints_outside_the_image(tmp_path):
    path = write(tmp_path / 'train.npz')
    # Row 0: centre (120, 210), side 50: the frame begins at (95, 185). Row 1: side 20, at (-5, 10).
    np.testing.assert_allclose(mmpose_npz_poses(path).keypoints,
                               [[[0.1, 0.3], [0.9, 0.7]], [[0.75, 0.5], [np.nan] * 2]])
    # Padded by 2 everything comes half as far from the centre.
    np.testing.assert_allclose(mmpose_npz_poses(path, padding=2).keypoints[0],
                               [[0.3, 0.4], [0.7, 0.6]])
    # The joints' own box is 40 x 20 about (120, 210).
    np.testing.assert_allclose(
        mmpose_npz_poses(path, box='landmarks', images='S1_*').keypoints,
        [[[0, 0.25], [1, 0.75]]])


def test_images_by_pattern(tmp_path):
    path = write(tmp_path / 'train.npz')
    np.testing.assert_array_equal(mmpose_npz_poses(path, images='S2_*').keypoints,
                                  mmpose_npz_poses(path).keypoints[1:])
    with pytest.raises(ValueError, match="train.npz: none of 2 images matches 'S3_.*S1_Seq1"):
        mmpose_npz_poses(path, images='S3_*')


def test_wrong_files(tmp_path):
    with pytest.raises(ValueError, match='train.npz: imgname .*part .2, 2. must be'):
        mmpose_npz_poses(write(tmp_path / 'train.npz', part=np.zeros((2, 2))))
    with pytest.raises(ValueError, match=r'scale \(3,\)'):
        mmpose_npz_poses(write(tmp_path / 'train.npz', scale=np.zeros(3)))
    np.savez(tmp_path / 'other.npz', part=np.zeros(3))
    with pytest.raises(ValueError, match="other.npz has no array .'imgname'"):
        mmpose_npz_poses(tmp_path / 'other.npz')
    with pytest.raises(ValueError, match="box must be one of .*'bbox'"):
        mmpose_npz_poses(write(tmp_path / 'train.npz'), box='bbox')
    with pytest.raises(FileNotFoundError, match='preprocess_mpi_inf_3dhp.py'):
        mmpose_npz_poses(tmp_path / 'gone.npz')


def test_image_names_as_bytes(tmp_path):
    names = np.array([b'S1_Seq1_Cam0_000001.jpg', b'S2_Seq1_Cam0_000001.jpg'])
    poses = mmpose_npz_poses(write(tmp_path / 'train.npz', imgname=names), images='S2_*')
    assert poses.rows == ('S2_Seq1_Cam0_000001.jpg', )
