import numpy as np
import pytest

from ikp_mm.priors.framing import figure_boxes, landmark_boxes, placed, to_frame

NAN = np.nan


def test_square_of_the_larger_side_about_the_box_centre():
    # Box 40 x 20 with centre (30, 60); padded by 1.5 the frame is 60 wide from (0, 30).
    boxes = np.array([[10.0, 50, 50, 70]])
    points = np.array([[[0.0, 30], [30, 60], [60, 90], [15, NAN]]])
    np.testing.assert_allclose(to_frame(points, boxes, 1.5, 'x'),
                               [[[0, 0], [0.5, 0.5], [1, 1], [0.25, NAN]]])


def test_same_frame_as_mmpose_cuts_out():
    from mmpose.datasets.transforms import GetBBoxCenterScale, TopdownAffine
    box = np.array([[10.0, 50, 50, 70]], np.float32)
    points = np.array([[[12.0, 55], [49, 69]]], np.float32)
    results = dict(img=np.zeros((100, 100, 3), np.uint8), bbox=box, keypoints=points)
    results = GetBBoxCenterScale(padding=1.25).transform(results)
    results = TopdownAffine(input_size=(64, 64)).transform(results)
    np.testing.assert_allclose(to_frame(points, box, 1.25, 'x') * 64,
                               results['transformed_keypoints'], atol=1e-3)


def test_landmark_boxes_ignore_missing_points():
    points = np.array([[[1.0, 5], [NAN, NAN], [3, 2]], [[NAN, NAN]] * 3])
    np.testing.assert_array_equal(landmark_boxes(points), [[1, 2, 3, 5], [NAN] * 4])


# A whole figure of 4 x 6, in a box of (0, 0, 4, 6).
WHOLE = [[0.0, 0], [4, 0], [2, 3], [2, 6]]


def test_boxes_of_whole_figures_are_tight(warned):
    points = np.array([WHOLE, np.array(WHOLE) * 2 + 5])
    np.testing.assert_array_equal(figure_boxes(points, 'x'), landmark_boxes(points))
    # A joint that no pose has is no part of any.
    np.testing.assert_array_equal(
        figure_boxes(np.concatenate([points, np.full((2, 1, 2), NAN)], axis=1), 'x'),
        landmark_boxes(points))
    assert not warned


def test_a_part_of_a_figure_is_framed_as_the_whole(warned):
    # The same figure twice as large at (100, 50), of which the two lower joints are hidden; a wide
    # one, which it is not like, is there too.
    part = np.array(WHOLE) * 2 + [100, 50]
    part[2:] = NAN
    wide = [[0.0, 0], [4, 1], [9, 1], [12, 3]]
    boxes = figure_boxes(np.array([wide, part, WHOLE]), 'a.csv')
    np.testing.assert_allclose(boxes, [[0, 0, 12, 3], [100, 50, 108, 62], [0, 0, 4, 6]])
    assert 'a.csv: 1 of 3 poses lack joints' in warned[0] and '2 whole ones' in warned[0]


def test_where_no_figure_is_whole_the_user_is_asked():
    points = np.array([WHOLE, WHOLE])
    points[0, 0] = points[1, 3] = NAN
    with pytest.raises(ValueError, match="a.csv: no pose has all its joints.*another box="):
        figure_boxes(points, 'a.csv')


def test_bad_boxes_are_refused():
    points = np.zeros((2, 3, 2))
    with pytest.raises(ValueError, match=r'a.json: the box of row 1 .*\(1 of 2 rows\)'):
        to_frame(points, np.array([[0.0, 0, 1, 1], [5, 5, 5, 5]]), 1, 'a.json')
    with pytest.raises(ValueError, match='row 0'):
        to_frame(points, np.array([[NAN] * 4, [0, 0, 1, 1]]), 1, 'a.json')
    with pytest.raises(ValueError, match='padding must be positive'):
        to_frame(points, np.array([[0.0, 0, 1, 1]] * 2), 0, 'a.json')


def test_placement_scales_about_the_middle_then_shifts():
    # Frame coordinates 0.25, 0.5 -> 2 (f - 1/2) + 1/2 = 0, 0.5; then (0.1, 0.2) further; p = 2 f - 1.
    unit = np.array([[[-0.5, 0.0], [NAN, NAN]]], np.float32)
    moved = placed(unit, dict(scale=2.0, offset=(0.1, 0.2)), 'x')
    np.testing.assert_allclose(moved, [[[-0.8, 0.4], [NAN, NAN]]], rtol=1e-6)
    assert moved.dtype == np.float32
    assert placed(unit, None, 'x') is unit
    np.testing.assert_array_equal(placed(unit, dict(), 'x'), unit)


@pytest.mark.parametrize('placement', [
    dict(scale=0.0), dict(offset=0.1), dict(offset=(0.1, NAN)), dict(shift=(0.1, 0.2))])
def test_placements_that_are_refused(placement):
    with pytest.raises(ValueError, match='my.npz: placement is'):
        placed(np.zeros((1, 1, 2)), placement, 'my.npz')
