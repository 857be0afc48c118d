"""Which candidate is followed."""
import numpy as np
import pytest

from ikp_mm.preparation.croppers.base import followed_or_surest, overlap


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
