"""The label-free score orders what a person would order."""
import math

import numpy as np
import pytest

from ikp_mm.evaluation.functional import (flipped_neighbours, label_free_score, pose_spread,
                                          symmetry_candidates)


def test_pose_spread_by_hand():
    # Two poses of two joints; after removing the mean position: (-1,0),(1,0) and (-3,0),(3,0).
    poses = np.array([[[0., 5.], [2., 5.]], [[10., 1.], [16., 1.]]])
    # x of each joint: -1, -3 and 1, 3: variance 1; y: 0. Mean of (1, 0, 1, 0) = 0.5.
    assert pose_spread(poses) == pytest.approx(math.sqrt(0.5))


def test_pose_spread_ignores_position():
    poses = np.random.default_rng(0).normal(size=(5, 3, 2))
    moved = poses + np.arange(5)[:, None, None]
    assert pose_spread(moved) == pytest.approx(pose_spread(poses))
    assert pose_spread(poses[:1] + np.arange(5)[:, None, None]) == pytest.approx(0, abs=1e-12)


def test_one_pose_has_no_spread():
    with pytest.raises(ValueError, match='spread needs at least two poses, got 1'):
        pose_spread(np.zeros((1, 3, 2)))


def test_score_by_hand():
    assert label_free_score(0, 1, 1, 1) == pytest.approx(0)
    # -log(0.1 / 0.5) - log(1 + 0.15 / 0.05) - log(e^-1) / 4
    assert label_free_score(0.15, math.exp(-1), 0.5, 0.1) == pytest.approx(
        math.log(5) - math.log(4) + 0.25)
    # Footage may vary more than the prior: no cost.
    assert label_free_score(0, 1, 2, 0.1) == label_free_score(0, 1, 1, 0.1)
    # Below a thousandth of the side nothing is gained.
    assert label_free_score(0, 1, 1, 0) == label_free_score(0, 1, 1, 1e-3)
    # Twice the error on painted figures costs log(2) / 2; none painted counts as 5 %.
    assert label_free_score(0, 1, 1, 1, painted=0.1) == pytest.approx(-math.log(2) / 2)
    assert label_free_score(0, 1, 1, 1, painted=0.05) == pytest.approx(0)
    assert label_free_score(0, 1, 1, 1, painted=0) == label_free_score(0, 1, 1, 1, painted=1e-3)


def test_score_tells_the_known_failures_apart():
    good = label_free_score(agreement=0.01, reconstruction=0.5, spread=0.9, moved=0.02)
    ignores_image = label_free_score(agreement=0.002, reconstruction=1.0, spread=1.0, moved=0.15)
    smear = label_free_score(agreement=0.3, reconstruction=0.45, spread=0.9, moved=0.02)
    collapsed = label_free_score(agreement=0.01, reconstruction=0.5, spread=0, moved=0.02)
    code = label_free_score(agreement=0.01, reconstruction=0.3, spread=1.2, moved=0.12)
    assert good > max(ignores_image, smear, collapsed, code)
    assert math.isfinite(collapsed)


def test_flipped_neighbours_by_hand():
    candidates = symmetry_candidates([0, 2, 1])
    # Nose above two ears; unit coordinates, two units a side.
    pose = np.array([[0., -.4], [-.3, .2], [.3, .2]])
    exchanged, turned, moved, still = pose[[0, 2, 1]], -pose - [0, .2], pose + 0.2, pose + 0.01
    flips = flipped_neighbours(np.stack([pose] * 4),
                               np.stack([exchanged, turned, moved, still]), candidates)
    assert flips.tolist() == [True, True, False, False]
