import numpy as np

from ikp_mm.skeletons import MOUSE4
from ikp_mm.visualization.prediction import draw_prediction

POINTS = np.array([[150, 120], [130, 140], [170, 140], [150, 180]], float)
SQUARE = np.array([150, 150, 100.0])


def frame(height=300, width=300):
    return np.full((height, width, 3), 90, np.uint8)


def test_frame_without_keypoints_is_only_enlarged():
    drawn = draw_prediction(frame(100, 200), np.full(3, np.nan), np.full((4, 2), np.nan),
                            np.zeros(4), MOUSE4)
    # 256 / 100, rounded up, is 3.
    assert drawn.shape == (300, 600, 3) and np.all(drawn == 90)


def test_sure_joints_are_filled_and_unsure_hollow():
    scores = np.array([0.9, 0.9, 0.2, 0.9])
    drawn = draw_prediction(frame(), SQUARE, POINTS, scores, MOUSE4, min_score=0.5)
    left, right = (tuple(int(c) for c in MOUSE4.colors[k][::-1]) for k in (1, 2))
    assert tuple(drawn[140, 130]) == left
    # Beside the centre, off its two limbs, nothing is painted inside the circle.
    assert tuple(drawn[140, 171]) != right or tuple(drawn[139, 171]) == (90, 90, 90)
    whole = draw_prediction(frame(), SQUARE, POINTS, scores, MOUSE4)
    assert tuple(whole[140, 171]) == right
    assert (drawn == 90).sum() > (whole == 90).sum()


def test_nothing_far_from_the_square_changes():
    drawn = draw_prediction(frame(), SQUARE, POINTS, np.ones(4), MOUSE4)
    outside = drawn.copy()
    outside[90:212, 90:212] = 90
    assert np.all(outside == 90)


def test_an_unsure_joint_far_outside_is_no_error():
    points, scores = POINTS.copy(), np.array([0.9, 0.9, 0.2, 0.9])
    points[2] = 1e10, -1e10  # more than OpenCV's integers hold
    drawn = draw_prediction(frame(), SQUARE, points, scores, MOUSE4, min_score=0.5)
    assert tuple(drawn[140, 130]) == tuple(MOUSE4.colors[1][::-1])
