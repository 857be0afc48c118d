"""Squares around boxes, and which candidate is followed."""
import numpy as np
import pytest

from ikp_mm.preparation.croppers.base import followed_or_surest, overlap, squares_around


def test_squares():
    boxes = np.array([[10, 20, 30, 60], [np.nan] * 4])
    found = squares_around(boxes)
    np.testing.assert_array_equal(found[0], [20, 40, 40])
    assert np.isnan(found[1]).all()
    with pytest.raises(ValueError, match='frame 1 is'):
        squares_around(np.array([[0, 0, 1, 1], [0, 0, np.nan, 1]]))
    with pytest.raises(ValueError, match='frame 0 is'):
        squares_around(np.array([[5, 0, 5, 1]]))
    with pytest.raises(ValueError, match=r'\(T, 4\)'):
        squares_around(np.zeros((3, 3)))


def test_overlap():
    first = np.array([0., 0, 4, 4])
    assert overlap(first, np.array([2., 0, 6, 4])) == pytest.approx(8 / 24)
    assert overlap(first, np.array([10., 0, 14, 4])) == 0


def test_the_one_followed_else_the_surest():
    candidates = np.array([[0., 0, 10, 10], [20., 0, 30, 10]])
    scores = np.array([0.4, 0.9])
    assert followed_or_surest(candidates, scores, None) == 1
    assert followed_or_surest(candidates, scores, np.array([2., 0, 12, 10])) == 0
    # Too far from both: 10 of 190.
    assert followed_or_surest(candidates, scores, np.array([9., 0, 19, 10])) == 1
