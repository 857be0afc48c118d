"""Distances, units, averages and modes, on values worked out by hand."""
import numpy as np
import pytest

from ikp_mm.evaluation.functional import (derived_landmarks, derived_visible, image_errors,
                                          joint_distances, macro_average, score_keypoints,
                                          swap_joints, swap_towards, unit_lengths)

# Joints: root, left, right.
SWAP = [0, 2, 1]
TRUTH = np.array([[[0., 0.], [10., 0.], [20., 0.]]])
ALL = np.ones((1, 3), dtype=bool)


def test_joint_distances_are_l2_and_nan_where_not_visible():
    predicted = TRUTH + [[[3., 4.], [0., 0.], [0., -2.]]]
    visible = np.array([[True, True, False]])
    distances = joint_distances(predicted, TRUTH, visible)
    np.testing.assert_allclose(distances, [[5., 0., np.nan]])
    np.testing.assert_allclose(image_errors(distances), [2.5])


def test_labels_of_invisible_joints_may_be_nan():
    truth = TRUTH.copy()
    truth[0, 2] = np.nan
    distances = joint_distances(TRUTH, truth, np.array([[True, True, False]]))
    np.testing.assert_allclose(distances, [[0., 0., np.nan]])


def test_image_without_label_has_no_error():
    np.testing.assert_array_equal(image_errors(np.full((2, 3), np.nan)), [np.nan, np.nan])


@pytest.mark.parametrize('predicted, truth, visible, message', [
    (np.full((1, 3, 2), np.nan), TRUTH, ALL, 'prediction of image 0 is not finite'),
    (TRUTH, np.full((1, 3, 2), np.nan), ALL, 'image 0, joint 0 is marked visible'),
    (TRUTH[:, :2], TRUTH, ALL, r'must both be \(N, K, 2\)'),
    (TRUTH, TRUTH, ALL.astype(float), 'visible must be bool'),
])
def test_bad_arrays_are_refused(predicted, truth, visible, message):
    with pytest.raises(ValueError, match=message):
        joint_distances(predicted, truth, visible)


def test_unit_lengths():
    scales = np.array([[200., 200.]])
    # One percent of a frame of 200 pixels is 2 pixels.
    np.testing.assert_allclose(unit_lengths('image_side', scales, TRUTH, ALL), [2.])
    np.testing.assert_allclose(unit_lengths('pixels', scales, TRUTH, ALL), [1.])
    # The joints 1 and 2 are 10 pixels apart.
    np.testing.assert_allclose(
        unit_lengths('keypoint_distance', scales, TRUTH, ALL, (1, 2)), [0.1])
    visible = np.array([[True, False, True]])
    assert np.isnan(unit_lengths('keypoint_distance', scales, TRUTH, visible, (1, 2))).all()


def test_unit_lengths_refuse_what_has_no_unit():
    scales = np.array([[200., 100.]])
    with pytest.raises(ValueError, match='square input frame; that of image 0 is 200 x 100'):
        unit_lengths('image_side', scales, TRUTH, ALL)
    with pytest.raises(ValueError, match='unit must be one of'):
        unit_lengths('bbox', scales, TRUTH, ALL)
    with pytest.raises(ValueError, match='norm_joints go with'):
        unit_lengths('keypoint_distance', scales, TRUTH, ALL)
    with pytest.raises(ValueError, match='norm_joints go with'):
        unit_lengths('pixels', scales, TRUTH, ALL, (0, 1))
    with pytest.raises(ValueError, match='joints 0 and 1 of image 0 are labelled in one place'):
        unit_lengths('keypoint_distance', scales, np.zeros((1, 3, 2)), ALL, (0, 1))


def test_macro_average_weighs_groups_alike():
    # walk: mean(1, 2, 3) = 2; sit: 8. Macro 5, while the mean over images would be 3.5.
    mean, groups = macro_average(np.array([1., 2., 3., 8.]), ['walk', 'walk', 'walk', 'sit'])
    assert mean == pytest.approx(5)
    assert groups == {'sit': pytest.approx(8), 'walk': pytest.approx(2)}


def test_macro_average_leaves_out_nan_and_groups_of_nan():
    mean, groups = macro_average(np.array([1., np.nan, np.nan]), ['a', 'a', 'b'])
    assert (mean, groups) == (1, {'a': 1})
    with pytest.raises(ValueError, match='nothing to average'):
        macro_average(np.array([np.nan]))
    with pytest.raises(ValueError, match='2 group names for 1 errors'):
        macro_average(np.array([1.]), ['a', 'b'])


def test_score_keypoints_table():
    truth = np.zeros((3, 2, 2))
    predicted = np.zeros((3, 2, 2))
    # Distances (in pixels): image 0: 2, 4; image 1: 6, -; image 2: 10, 20.
    predicted[:, :, 0] = [[2, 4], [6, 99], [10, 20]]
    scored = np.array([[True, True], [True, False], [True, True]])
    score = score_keypoints(predicted, truth, scored, np.full(3, 2.), ['a', 'a', 'b'])
    np.testing.assert_allclose(score.per_image, [1.5, 3, 7.5])
    assert score.per_group == {'a': pytest.approx(2.25), 'b': pytest.approx(7.5)}
    assert score.mean == pytest.approx(4.875)
    # Joint 0: a = mean(1, 3) = 2, b = 5; joint 1: a = 2, b = 10.
    np.testing.assert_allclose(score.per_joint, [3.5, 6])


def test_score_keypoints_skips_images_without_a_unit():
    score = score_keypoints(TRUTH.repeat(2, 0) + 3, TRUTH.repeat(2, 0), ALL.repeat(2, 0),
                            np.array([np.nan, 1.]))
    assert np.isnan(score.per_image[0])
    assert score.mean == pytest.approx(3 * np.sqrt(2))


def test_swap_joints_keeps_points_and_exchanges_names():
    np.testing.assert_array_equal(swap_joints(TRUTH, SWAP), [[[0, 0], [20, 0], [10, 0]]])
    np.testing.assert_array_equal(swap_joints(swap_joints(TRUTH, SWAP), SWAP), TRUTH)
    with pytest.raises(ValueError, match='involution'):
        swap_joints(TRUTH, [1, 2, 0])
    with pytest.raises(ValueError, match='involution'):
        swap_joints(TRUTH, [0, 1])


def test_whole_images_only_are_swapped():
    # Image 0 is mirrored as a whole; image 1 is right but for a small error.
    predicted = np.concatenate([swap_joints(TRUTH, SWAP), TRUTH + 1])
    truth = TRUTH.repeat(2, 0)
    keypoints, swapped = swap_towards(predicted, truth, ALL.repeat(2, 0), SWAP)
    np.testing.assert_array_equal(swapped, [True, False])
    np.testing.assert_array_equal(keypoints, np.concatenate([TRUTH, TRUTH + 1]))
    # One pair right and one pair wrong cannot both be mended by a global swap.
    truth = np.array([[[0., 0.], [4., 0.], [0., 9.], [4., 9.]]])  # left/right hand, left/right foot
    predicted = truth[:, [1, 0, 2, 3]]
    keypoints, _ = swap_towards(predicted, truth, np.ones((1, 4), dtype=bool), [1, 0, 3, 2])
    np.testing.assert_allclose(joint_distances(keypoints, truth, np.ones((1, 4), dtype=bool)),
                               [[4, 4, 0, 0]])


def test_scored_joints_decide_a_swap():
    predicted = swap_joints(TRUTH, SWAP)
    only_root = np.array([[True, False, False]])
    _, swapped = swap_towards(predicted, TRUTH, only_root, SWAP)
    assert not swapped[0]


def test_a_swap_follows_the_reference_not_the_truth():
    predicted = TRUTH.repeat(2, 0)
    offline = np.concatenate([swap_joints(TRUTH, SWAP) + 1, TRUTH - 1])
    keypoints, swapped = swap_towards(predicted, offline, ALL.repeat(2, 0), SWAP)
    np.testing.assert_array_equal(swapped, [True, False])
    np.testing.assert_array_equal(keypoints, np.concatenate([swap_joints(TRUTH, SWAP), TRUTH]))


MEMBERS = [[0, 1], [2]]


def test_a_landmark_is_the_mean_of_its_joints():
    keypoints = np.array([[[0., 0.], [4., 2.], [7., 8.]]])
    np.testing.assert_array_equal(derived_landmarks(keypoints, MEMBERS), [[[2., 1.], [7., 8.]]])


def test_a_landmark_is_labelled_where_all_its_joints_are():
    visible = np.array([[True, True, False], [True, False, True]])
    np.testing.assert_array_equal(derived_visible(visible, MEMBERS),
                                  [[True, False], [False, True]])
