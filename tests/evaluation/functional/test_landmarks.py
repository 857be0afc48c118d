import numpy as np

from ikp_mm.evaluation.functional import derived_landmarks, derived_visible

MEMBERS = [[0, 1], [2]]


def test_a_landmark_is_the_mean_of_its_joints():
    keypoints = np.array([[[0., 0.], [4., 2.], [7., 8.]]])
    np.testing.assert_array_equal(derived_landmarks(keypoints, MEMBERS), [[[2., 1.], [7., 8.]]])


def test_a_landmark_is_labelled_where_all_its_joints_are():
    visible = np.array([[True, True, False], [True, False, True]])
    np.testing.assert_array_equal(derived_visible(visible, MEMBERS),
                                  [[True, False], [False, True]])
