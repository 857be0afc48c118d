"""Drawings: the right colours at the right pixels."""
import numpy as np
import pytest

from ikp_mm.skeletons import MOUSE4, Skeleton
from ikp_mm.visualization.keypoints import draw_keypoints, draw_prediction

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
SKELETON = Skeleton('v', ['root', 'left_hand', 'right_hand'],
                    [('root', 'left_hand'), ('root', 'right_hand')],
                    colors=dict(root=BLUE, left_hand=GREEN, right_hand=RED))
GREY = np.full((101, 101, 3), 128, dtype=np.uint8)
KEYPOINTS = np.array([[50., 80.], [20., 20.], [80., 20.]])
POINTS = np.array([[150, 120], [130, 140], [170, 140], [150, 180]], float)
SQUARE = np.array([150, 150, 100.0])


def _rgb(image, x, y):
    return tuple(int(c) for c in image[y, x, ::-1])


def test_draw_keypoints_colours():
    before = GREY.copy()
    drawn = draw_keypoints(GREY, KEYPOINTS, SKELETON)
    np.testing.assert_array_equal(GREY, before)
    assert _rgb(drawn, 50, 80) == BLUE
    assert _rgb(drawn, 20, 20) == GREEN
    assert _rgb(drawn, 80, 20) == RED
    # Half way along the limbs: the limb's colour, left and right differ.
    assert _rgb(drawn, 35, 50)[1] > 150 and _rgb(drawn, 35, 50)[0] < 100
    assert _rgb(drawn, 65, 50)[0] > 150 and _rgb(drawn, 65, 50)[1] < 100
    assert _rgb(drawn, 5, 5) == (128, 128, 128)


def test_draw_keypoints_leaves_out_invisible_joints_and_their_limbs():
    keypoints = KEYPOINTS.copy()
    keypoints[1] = np.nan
    drawn = draw_keypoints(GREY, keypoints, SKELETON, visible=np.array([True, False, True]))
    assert (drawn[:, :40] == 128).all()
    assert _rgb(drawn, 80, 20) == RED
    with pytest.raises(ValueError, match='not finite: left_hand'):
        draw_keypoints(GREY, keypoints, SKELETON)


def test_draw_keypoints_enlarges_first():
    # Pixel centre 9.5 of 20 is the middle of the picture: 99.5 of 200.
    drawn = draw_keypoints(np.full((20, 20), 128, dtype=np.uint8),
                           np.array([[9.5, 9.5], [2., 2.], [17., 2.]]), SKELETON, width=200)
    assert drawn.shape == (200, 200, 3)
    assert _rgb(drawn, 99, 99) == _rgb(drawn, 100, 100) == BLUE
    rows, columns = np.nonzero((drawn == (255, 0, 0)).all(axis=-1))
    assert (rows.mean(), columns.mean()) == pytest.approx((99.5, 99.5), abs=0.6)


def test_draw_keypoints_far_outside():
    drawn = draw_keypoints(GREY, KEYPOINTS + [[0, 0], [1e9, 0], [0, -1e9]], SKELETON)
    assert _rgb(drawn, 50, 80) == BLUE


def test_draw_keypoints_refuses():
    with pytest.raises(ValueError, match='has 3 joints'):
        draw_keypoints(GREY, KEYPOINTS[:2], SKELETON)
    with pytest.raises(ValueError, match='must be uint8'):
        draw_keypoints(GREY.astype(float), KEYPOINTS, SKELETON)


def test_a_crowd_of_joints_is_drawn_finely():
    # 68 landmarks in one spot's neighbourhood must not cover the picture: a dot is 3 pixels wide.
    names = [f'joint_{k}' for k in range(68)]
    crowd = Skeleton('crowd', names, [(names[0], names[1])])
    few = Skeleton('few', names[:5], [(names[0], names[1])])
    image = np.full((144, 144, 3), 200, np.uint8)

    def painted(skeleton):
        joints = skeleton.num_joints
        keypoints = np.full((joints, 2), 100.0)
        keypoints[0] = keypoints[1] = 40.0
        drawn = draw_keypoints(image, keypoints, skeleton)
        return (drawn[80:120, 80:120] != 200).any(axis=2).sum()
    assert 5 <= painted(crowd) <= 25 < painted(few)


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
