"""Curves, and features drawn where the landmarks say."""
from dataclasses import replace

import numpy as np
import pytest

from ikp_mm.synthetic.face_camera import PIVOT
from ikp_mm.synthetic.face_features import (curve, draw_features, draw_glasses,
                                                     draw_relief, ring)
from ikp_mm.synthetic.face_head import NEUTRAL, Head
from ikp_mm.synthetic.face_look import draw_look
from ikp_mm.synthetic.face_model import (EXPRESSION_MODES, IDENTITY_MODES, face_points)

SIZE, SKIN = 400, 170
AHEAD = np.zeros(2)


def head(**expression: float) -> Head:
    """A frontal face at 1.5 pixels a millimetre in an image of 400."""
    values = np.array([expression.get(name, 0.0) for name in EXPRESSION_MODES])
    points = face_points(np.zeros(len(IDENTITY_MODES)), values)
    pivot = np.array([200.0, 230.0])
    flat = pivot + (points - PIVOT)[:, :2] * (1.5, -1.5)
    return Head(flat, pivot, np.eye(3), 1.5, np.array([73.0, 113.0, 97.0]))


def look(**changes):
    plain = dict(skin=np.full(3, float(SKIN)), lips=np.array([60.0, 60, 200]),
                 iris=np.array([90.0, 60, 30]), brows=np.full(3, 40.0), beard=(0.0, 0.0),
                 beard_color=np.array([200.0, 0, 0]), brow_thickness=6.0, glasses_shape=None)
    return replace(draw_look(np.random.default_rng(0)), **{**plain, **changes})


def drawn(where: Head, gaze: np.ndarray = AHEAD, **changes) -> np.ndarray:
    image = np.full((SIZE, SIZE, 3), SKIN, np.uint8)
    draw_features(image, where, gaze, look(**changes))
    return image.astype(int)


def at(image: np.ndarray, place: np.ndarray) -> np.ndarray:
    x, y = np.round(place).astype(int)
    return image[y, x]


def test_curve_goes_through_its_points_and_keeps_straight_lines_straight():
    line = np.array([[0.0, 0], [1, 3], [5, 2], [6, 0]])
    smooth = curve(line, 5)
    assert smooth.shape == (16, 2)
    np.testing.assert_allclose(smooth[::5], line)
    straight = curve(np.array([[0.0, 0], [2, 4], [4, 8]]), 4)
    np.testing.assert_allclose(straight, np.linspace([0, 0], [4, 8], 9), atol=1e-12)


def test_curve_halfway_between_four_points():
    # Catmull-Rom at 1/2: (-p0 + 9 p1 + 9 p2 - p3) / 16.
    line = np.array([[0.0, 0], [1, 1], [2, 1], [3, 0]])
    np.testing.assert_allclose(curve(line, 2)[3], [1.5, 18 / 16])


def test_ring_visits_both_lines_once():
    points = np.array([[0.0, 0], [1, -1], [2, 0], [1, 1]])
    outline = ring(points, ([0, 1, 2], [2, 3, 0]))
    assert len(np.unique(outline.round(9), axis=0)) == len(outline) == 16


@pytest.mark.parametrize('outer, inner', [(36, 39), (45, 42)])
def test_iris_is_darker_than_the_white_beside_it_and_follows_the_gaze(outer, inner):
    where = head()
    middle = 0.5 * (where.points[outer] + where.points[inner])
    image = drawn(where)
    white = where.points[outer] + 0.16 * (where.points[inner] - where.points[outer])
    assert at(image, middle + [0, 1]).mean() < 40 and at(image, white).mean() > 190
    aside = drawn(where, np.array([1.0, 0.0]))  # 6 mm to the subject's left, the image's right
    assert at(aside, middle + [9, 1]).mean() < 40
    assert at(aside, middle + [-6, 0]).mean() > 190


def test_shut_eye_shows_a_dark_line_and_no_white():
    image = drawn(head(blink_right=1, blink_left=1))
    for eye in (slice(36, 42), slice(42, 48)):
        low, high = head().points[eye].min(0).astype(int), head().points[eye].max(0).astype(int)
        region = image[low[1]:high[1], low[0]:high[0]]
        assert region.max() < SKIN + 25 and region.min() < 60


def test_lips_fill_the_space_between_their_outlines():
    where = head(jaw_open=0.6)
    image = drawn(where)
    for outer, inner in ((51, 62), (57, 66)):
        color = at(image, 0.5 * (where.points[outer] + where.points[inner]))
        assert color[2] > 150 and color[0] < 90
    beyond = where.points[57] + [0, 5]
    assert (at(image, beyond) == SKIN).all()


def test_open_mouth_is_dark_with_teeth_above_and_closed_mouth_is_a_line():
    where = head(jaw_open=0.6)
    image = drawn(where)
    upper, lower = where.points[62], where.points[66]
    assert at(image, upper + 0.25 * (lower - upper)).min() > 180
    assert at(image, upper + 0.6 * (lower - upper)).max() < 60
    shut = head()
    assert at(drawn(shut), 0.5 * (shut.points[62] + shut.points[66])).max() < 70


def test_brows_and_nostrils_are_dark():
    where = head()
    image = drawn(where)
    for brow in (*range(18, 21), *range(23, 26)):
        assert at(image, where.points[brow]).max() < 60
    for wing in (31, 35):
        assert at(image, 0.5 * (where.points[wing] + where.points[33]) + [0, -1]).max() < 90


def test_beard_colours_chin_and_cheeks_but_not_forehead_or_lips():
    where = head()
    image = drawn(where, beard=(0.9, 0.9))
    for place in (where.points[8] - [0, 10], where.points[5] + [8, 0], where.points[33] + [0, 9]):
        assert at(image, place)[0] > 175 and at(image, place)[1] < 90
    assert (at(image, where.points[27] - [0, 60]) == SKIN).all()
    assert at(image, 0.5 * (where.points[57] + where.points[66]))[2] > 150


def test_glasses_ring_the_eyes():
    where = head()
    image = np.full((SIZE, SIZE, 3), SKIN, np.uint8)
    draw_glasses(image, where, look(glasses_shape=(22.0, 18.0), glasses=np.zeros(3)))
    for outer, inner, side in ((36, 39, -1), (45, 42, 1)):
        middle = 0.5 * (where.points[outer] + where.points[inner]) + [1.5 * side, 3]
        assert at(image, middle).min() == SKIN
        assert at(image, middle + [0, 27]).max() < 60 and at(image, middle - [0, 27]).max() < 60


def test_relief_darkens_the_side_of_the_nose_that_faces_away_from_the_light():
    where = head()
    for side in (-1, 1):
        relief = np.full((SIZE // 2, SIZE // 2), NEUTRAL, np.uint8)
        draw_relief(relief, where, look(light=np.array([side * 1.0, 0, 0]), diffuse=0.7))
        near, far = (where.points[29] + [s * 9, 4] for s in (side, -side))
        assert at(relief, near / 2) > at(relief, far / 2) + 15
        assert (relief[:40] == NEUTRAL).all()  # the forehead
