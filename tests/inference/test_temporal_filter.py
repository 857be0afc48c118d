"""Temporal filters on tracks whose result is known by hand."""
import numpy as np
import pytest

from ikp_mm.inference import temporal_filter
from ikp_mm.inference.temporal_filter import (METHODS, TemporalFilter, unbroken_runs,
                                              weighted_median)

NAN = np.nan


def filter_track(keypoints, scores, method, window=5, max_gap=2, breaks=()):
    return temporal_filter.filter_track(keypoints, scores,
                                        TemporalFilter(method, window, max_gap), breaks)


def track(values):
    """(T,) -> (T, 1, 2): x as given, y twice as much."""
    values = np.asarray(values, float)
    return np.stack([values, 2 * values], axis=1)[:, None]


def ones(count):
    return np.ones((count, 1))


def test_weighted_median_by_hand():
    values = np.array([[3., 1., 2.], [3., 1., 2.], [1., 2., 9.]])
    weights = np.array([[1., 1., 1.], [5., 1., 1.], [1., 1., 0.]])
    # Middle one; the one that outweighs both others; halfway, the third has no weight.
    np.testing.assert_allclose(weighted_median(values, weights), [2., 3., 1.5])


@pytest.mark.parametrize('method', METHODS)
@pytest.mark.parametrize('window', [3, 5, 9])
def test_constant_velocity_stays_exactly_whatever_the_scores(method, window):
    rng = np.random.default_rng(0)
    keypoints = track(10 - 1.5 * np.arange(12))
    scores = rng.uniform(0.01, 1, (12, 1))
    found = filter_track(keypoints, scores, method, window)
    np.testing.assert_allclose(found.keypoints, keypoints, atol=1e-9)
    np.testing.assert_array_equal(found.scores, scores)


def test_a_parabola_stays_under_savgol():
    keypoints = track(np.arange(9.) ** 2)
    np.testing.assert_allclose(filter_track(keypoints, ones(9), 'savgol').keypoints, keypoints,
                               atol=1e-9)


def test_a_spike_is_removed():
    values = np.arange(9.)
    values[4] = 104
    # The median line ignores it even when it is as sure as the rest ...
    found = filter_track(track(values), ones(9), 'median')
    np.testing.assert_allclose(found.keypoints, track(np.arange(9.)), atol=1e-9)
    scores = ones(9)
    scores[4] = 0.001
    found = filter_track(track(values), scores, 'savgol').keypoints[:, 0, 0]
    # ... the parabola because it is not sure: at its own place a spike of weight w among four of
    # weight 1 counts w h / (1 - h + w h) with h = 17 / 35, its part under equal weights.
    part = 0.001 * 17 / 35 / (1 - 17 / 35 + 0.001 * 17 / 35)
    np.testing.assert_allclose(found[4], 4 + 100 * part, rtol=1e-9)
    equal = filter_track(track(values), ones(9), 'savgol').keypoints[4, 0, 0]
    np.testing.assert_allclose(equal, 4 + 100 * 17 / 35)


def test_short_gaps_are_filled_and_long_ones_are_not():
    values = np.arange(12.)
    values[[3, 4]] = NAN
    values[[7, 8, 9]] = NAN
    scores = ones(12)
    scores[[3, 4, 7, 8, 9]] = 0
    scores[5] = 0.4
    for method in METHODS:
        found = filter_track(track(values), scores, method, window=5, max_gap=2)
        expected = np.arange(12.)
        expected[[7, 8, 9]] = NAN
        np.testing.assert_allclose(found.keypoints, track(expected), atol=1e-9)
        # As sure as the less sure of the two ends.
        np.testing.assert_allclose(found.scores[:, 0], [1, 1, 1, .4, .4, .4, 1, 0, 0, 0, 1, 1])
        unfilled = filter_track(track(values), scores, method, window=5, max_gap=0)
        assert np.isnan(unfilled.keypoints[[3, 4]]).all()


@pytest.mark.parametrize('method', METHODS)
def test_a_cut_ends_a_track(method):
    values = np.concatenate([np.arange(6.), 50 + 3 * np.arange(6.)])
    across = filter_track(track(values), ones(12), method).keypoints
    assert np.abs(across - track(values)).max() > 0.1
    kept = filter_track(track(values), ones(12), method, breaks=[6]).keypoints
    np.testing.assert_allclose(kept, track(values), atol=1e-9)


def test_joints_are_filtered_apart():
    keypoints = np.concatenate([track(np.arange(6.)), track(np.full(6, 7.))], axis=1)
    keypoints[2, 1] = NAN
    found = filter_track(keypoints, np.ones((6, 2)), 'median', max_gap=0)
    np.testing.assert_allclose(found.keypoints[:, 0], keypoints[:, 0], atol=1e-9)
    assert np.isnan(found.keypoints[2, 1]).all()
    np.testing.assert_allclose(found.keypoints[[0, 1, 3, 4, 5], 1], [[7., 14.]] * 5)


def test_nothing_found_stays_nothing():
    found = filter_track(np.full((4, 2, 2), NAN), np.zeros((4, 2)), 'median')
    assert np.isnan(found.keypoints).all() and (found.scores == 0).all()


def test_runs():
    found = np.array([0, 1, 0, 0, 1, 1, 0, 1, 0], bool)
    assert unbroken_runs(found, 2) == [(1, 8)]
    assert unbroken_runs(found, 1) == [(1, 2), (4, 8)]
    assert unbroken_runs(found, 2, breaks=[5]) == [(1, 5), (5, 8)]
    assert unbroken_runs(np.zeros(3, bool), 1) == []


@pytest.mark.parametrize('changes, message', [
    (dict(method='kalman'), "one of \\('median', 'savgol'\\), got 'kalman'"),
    (dict(window=4), 'odd and at least 3 frames, got 4'),
    (dict(max_gap=-1), 'max_gap must be at least 0'),
    (dict(scores=np.ones((4, 1))), 'got \\(5, 1, 2\\) and \\(4, 1\\)'),
])
def test_bad_input(changes, message):
    arguments = dict(keypoints=track(range(5)), scores=ones(5), method='median')
    with pytest.raises(ValueError, match=message):
        filter_track(**{**arguments, **changes})
