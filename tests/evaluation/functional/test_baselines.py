"""Baselines on poses small enough to work out by hand."""
import numpy as np
import pytest

from ikp_mm.evaluation.functional import (baselines, box_mean_pose_keypoints,
                                          nearest_prior_keypoints, original_to_unit,
                                          unit_to_original)

CENTERS = np.array([[50., 50.], [10., 20.]])
SCALES = np.array([[100., 100.], [40., 40.]])


def test_unit_coordinates_of_a_frame():
    # Corners and centre: -1 is the frame's left edge, +1 its right, 0 its centre.
    poses = np.array([[[-1., -1.], [1., 1.], [0., 0.]]]).repeat(2, 0)
    pixels = unit_to_original(poses, CENTERS, SCALES)
    np.testing.assert_allclose(pixels[0], [[0, 0], [100, 100], [50, 50]])
    np.testing.assert_allclose(pixels[1], [[-10, 0], [30, 40], [10, 20]])
    np.testing.assert_allclose(original_to_unit(pixels, CENTERS, SCALES), poses)


def test_mean_pose_stands_at_the_same_place_of_every_frame():
    mean_pose = np.array([[0., -0.5], [0.5, 0.5]])
    np.testing.assert_allclose(unit_to_original(mean_pose[None], CENTERS, SCALES),
                               [[[50, 25], [75, 75]], [[10, 10], [20, 30]]])


def test_box_mean_pose_has_one_scale():
    # The mean pose's box is 2 x 2 around (0, 0), the true one 4 x 8 around (12, 24):
    # s = (2*4 + 2*8) / (2*2 + 2*2) = 3, so the fitted box is 6 x 6.
    mean_pose = np.array([[-1., -1.], [1., 1.], [0., 1.]])
    truth = np.array([[[10., 20.], [14., 28.], [12., 22.]]])
    fitted = box_mean_pose_keypoints(mean_pose, truth, np.ones((1, 3), dtype=bool))
    np.testing.assert_allclose(fitted, [[[9, 21], [15, 27], [12, 27]]])


def test_box_mean_pose_is_exact_for_a_moved_and_scaled_mean():
    mean_pose = np.array([[-1., -1.], [1., 0.5], [0., 1.]])
    truth = (mean_pose * 7 + [3, 4])[None]
    np.testing.assert_allclose(
        box_mean_pose_keypoints(mean_pose, truth, np.ones((1, 3), dtype=bool)), truth)


def test_box_mean_pose_uses_labelled_joints_only():
    mean_pose = np.array([[-1., -1.], [1., 1.], [0., 9.]])
    truth = np.array([[[0., 0.], [4., 4.], [0., 0.]], [[5., 6.], [0., 0.], [0., 0.]]])
    visible = np.array([[True, True, False], [True, False, False]])
    fitted = box_mean_pose_keypoints(mean_pose, truth, visible)
    np.testing.assert_allclose(fitted[0, :2], [[0, 0], [4, 4]])
    # A single label: the joint is laid on it.
    np.testing.assert_allclose(fitted[1, 0], [5, 6])


@pytest.mark.parametrize('chunk', [1, 2, 100])
def test_nearest_prior(monkeypatch, chunk):
    monkeypatch.setattr(baselines, 'CHUNK', chunk)
    poses = np.array([[[0., 0.], [1., 0.]], [[0., 0.], [0., 1.]], [[-1., -1.], [0., 0.]]])
    truth = unit_to_original(np.array([[[0., 0.1], [0., 0.8]], [[-1., -0.9], [0.9, 0.]]]),
                             CENTERS, SCALES)
    scored = np.array([[True, True], [True, True]])
    expected = unit_to_original(poses[[1, 2]], CENTERS, SCALES)
    # Image 1: pose 2 is 0.1 and 0.9 away (sum 1.0), pose 0 1.345 and 0.1 (sum 1.445).
    np.testing.assert_allclose(nearest_prior_keypoints(poses, truth, scored, CENTERS, SCALES),
                               expected)
    # By its second joint alone image 1 is nearest to pose 0.
    scored[1, 0] = False
    np.testing.assert_allclose(
        nearest_prior_keypoints(poses, truth, scored, CENTERS, SCALES)[1],
        unit_to_original(poses[[0]], CENTERS[1:], SCALES[1:])[0])


def test_nearest_prior_minimises_mean_distance_not_mean_squared():
    # Truth at 0: pose 0 is (0, 1.0) away: mean 0.5, mean square 0.5; pose 1 is (0.6, 0.6) away:
    # mean 0.6, mean square 0.36.
    poses = np.array([[[0., 0.], [1., 0.]], [[.6, 0.], [.6, 0.]]])
    truth = np.full((1, 2, 2), 50.)
    nearest = nearest_prior_keypoints(poses, truth, np.ones((1, 2), dtype=bool), CENTERS[:1],
                                      SCALES[:1])
    np.testing.assert_allclose(nearest, [[[50, 50], [100, 50]]])


def test_nearest_prior_in_a_frame_that_is_not_square():
    # 0.5 along x is 50 pixels, 1.0 along y is 10: in pixels the second is nearer.
    poses = np.array([[[0.5, 0.]], [[0., 1.]]])
    nearest = nearest_prior_keypoints(poses, np.array([[[100., 10.]]]),
                                      np.ones((1, 1), dtype=bool), np.array([[100., 10.]]),
                                      np.array([[200., 20.]]))
    np.testing.assert_allclose(nearest, [[[100, 20]]])


def test_nearest_prior_refuses_other_joints():
    with pytest.raises(ValueError, match=r'must be \(M, 2, 2\)'):
        nearest_prior_keypoints(np.zeros((5, 3, 2)), np.zeros((1, 2, 2)),
                                np.ones((1, 2), dtype=bool), CENTERS[:1], SCALES[:1])
