"""Squares over time: outliers, runs, smoothing."""
import numpy as np

from ikp_mm.preparation.tracks import (pieces, smooth_run, split_runs, still_pieces,
                                       without_outliers)

NOTHING = [np.nan] * 3


def still(count):
    return np.tile([50., 40., 20.], (count, 1))


def test_outliers_are_told_by_the_median_of_five():
    tracked = still(9)
    tracked[4] = [75, 40, 20]  # more than half a side away
    tracked[6, 0] += 9  # less than half a side
    cleaned = without_outliers(tracked)
    assert np.flatnonzero(np.isnan(cleaned[:, 0])).tolist() == [4]
    np.testing.assert_array_equal(cleaned[6], tracked[6])
    # A jump that lasts is no outlier.
    tracked = np.concatenate([still(6), still(6) + [40, 0, 0]])
    assert not np.isnan(without_outliers(tracked)).any()


def test_runs_end_at_cuts_gaps_and_jumps():
    tracked = still(20)
    assert split_runs(tracked, [], 2) == [(0, 20)]
    assert split_runs(tracked, [7], 2) == [(0, 7), (7, 20)]
    tracked[[0, 9, 10, 19]] = NOTHING
    assert split_runs(tracked, [], 2) == [(1, 19)]
    assert split_runs(tracked, [], 1) == [(1, 9), (11, 19)]
    # A cut within the gap.
    assert split_runs(tracked, [10], 2) == [(1, 9), (11, 19)]
    tracked = still(10)
    tracked[5:, 0] += 11
    assert split_runs(tracked, [], 2) == [(0, 5), (5, 10)]
    tracked = still(10)
    tracked[5:, 2] *= 1.6
    assert split_runs(tracked, [], 2) == [(0, 5), (5, 10)]
    assert split_runs(np.full((4, 3), np.nan), [], 2) == []


def test_smoothing_fills_gaps_and_leaves_lines_alone():
    line = np.column_stack([np.arange(41.), 2 * np.arange(41.), 10 * 1.01**np.arange(41.)])
    holes = line.copy()
    holes[[10, 11, 20]] = NOTHING
    smooth = smooth_run(holes, 1.0)
    # Far from the ends, where the filters see no beginning.
    np.testing.assert_allclose(smooth[8:33], line[8:33], rtol=1e-6)
    np.testing.assert_allclose(smooth_run(holes, 0), line, rtol=1e-9)


def test_smoothing_ignores_a_spike_and_damps_jitter():
    tracked = still(31)
    tracked[15, 0] += 8
    np.testing.assert_allclose(smooth_run(tracked, 2.0), still(31))
    rng = np.random.default_rng(0)
    jitter = still(200)
    jitter[:, 0] += rng.normal(0, 1, 200)
    assert smooth_run(jitter, 3.0)[:, 0].std() < 0.5


def test_pieces():
    assert pieces(5, 15, 10) == [(5, 15)]
    assert pieces(0, 25, 10) == [(0, 8), (8, 17), (17, 25)]


def test_still_pieces_end_before_the_figure_leaves():
    walk = still(12)
    walk[:, 0] += 5 * np.arange(12)
    # A side of 20 in a square of 1.5 x 20: room for 10 px, two steps of 5.
    found = still_pieces(walk, 1.5, 100)
    assert [(start, stop) for start, stop, _ in found] == [(0, 3), (3, 6), (6, 9), (9, 12)]
    np.testing.assert_allclose(found[1][2], [50 + 20, 40, 30])
    assert [(a, b) for a, b, _ in still_pieces(walk, 1.0, 100)] == [(t, t + 1) for t in range(12)]
    (_, _, square), = still_pieces(still(5), 1.0, 100)
    np.testing.assert_allclose(square, [50, 40, 20])
    assert [(a, b) for a, b, _ in still_pieces(still(5), 1.0, 3)] == [(0, 3), (3, 5)]
