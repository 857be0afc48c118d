"""From squares found frame by frame to smooth squares of unbroken runs.

Convention: a square is (cx, cy, side) in pixels of the video's frame; NaN where nothing was found.
"""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter

# What a figure does not do from one frame to the next: in sides of its box, and as their ratio.
MAX_SHIFT, MAX_GROWTH = 0.5, 1.5
MEDIAN_WINDOW = 5


def _far(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether two squares cannot be the same figure one frame later."""
    side = max(first[2], second[2])
    return bool(np.abs(first[:2] - second[:2]).max() > MAX_SHIFT * side
                or side > MAX_GROWTH * min(first[2], second[2]))


def without_outliers(tracked: np.ndarray) -> np.ndarray:
    """Squares with those set to NaN that are far from the median of the five found around them."""
    found = np.flatnonzero(~np.isnan(tracked[:, 0]))
    cleaned = tracked.copy()
    half = MEDIAN_WINDOW // 2
    for position, t in enumerate(found):
        around = found[max(0, position - half):position + half + 1]
        if len(around) == MEDIAN_WINDOW and _far(tracked[t], np.median(tracked[around], axis=0)):
            cleaned[t] = np.nan
    return cleaned


def split_runs(tracked: np.ndarray, cuts: Sequence[int], max_gap: int) -> list[tuple[int, int]]:
    """Unbroken runs [start, stop), each beginning and ending with a found square.

    A run of the squares (T, 3) ends at a cut (a frame that begins a new shot), before more than
    ``max_gap`` frames without a square, and where the square jumps (more than half a side, or
    growing by half, from one found square to the next).
    """
    found = np.flatnonzero(~np.isnan(tracked[:, 0]))
    if not len(found):
        return []
    starts = [int(found[0])]
    stops = []
    for last, t in zip(found[:-1], found[1:]):
        if (t - last - 1 > max_gap or any(last < cut <= t for cut in cuts)
                or _far(tracked[last], tracked[t])):
            stops.append(int(last) + 1)
            starts.append(int(t))
    return list(zip(starts, [*stops, int(found[-1]) + 1]))


def smooth_run(tracked: np.ndarray, sigma: float) -> np.ndarray:
    """Squares (L, 3) of one run, the first and the last found, without NaN: gaps filled linearly,
    then a median over five frames, then a Gaussian of ``sigma`` frames (0 leaves out both).

    The side is treated by its logarithm, so that growing and shrinking count alike.
    """
    values = np.column_stack([tracked[:, :2], np.log(tracked[:, 2])])
    found = np.flatnonzero(~np.isnan(values[:, 0]))
    frames = np.arange(len(values))
    filled = np.column_stack([np.interp(frames, found, column[found]) for column in values.T])
    if sigma > 0:
        filled = median_filter(filled, size=(MEDIAN_WINDOW, 1), mode='nearest')
        filled = gaussian_filter1d(filled, sigma, axis=0, mode='nearest')
    return np.column_stack([filled[:, :2], np.exp(filled[:, 2])])


def pieces(start: int, stop: int, max_frames: int) -> list[tuple[int, int]]:
    """Cut a run into the fewest, nearly equal pieces of at most ``max_frames`` frames."""
    count = -(-(stop - start) // max_frames)
    bounds = np.rint(np.linspace(start, stop, count + 1)).astype(int)
    return [(int(a), int(b)) for a, b in zip(bounds[:-1], bounds[1:])]


def still_pieces(smooth: np.ndarray, margin: float, max_frames: int
                 ) -> list[tuple[int, int, np.ndarray]]:
    """Cut a run into pieces during which the figure stays within one square.

    The square's side is ``margin``, at least 1, times the median side of the figure over the
    piece, so figures are framed alike however far they move; a piece ends before the figure would
    leave the square.

    Args:
        smooth: (L, 3) squares of the figure, without margin.

    Returns:
        (start, stop, (3,) square) of each piece, one after another, from 0 to L.
    """
    low = smooth[:, :2] - smooth[:, 2:] / 2
    high = smooth[:, :2] + smooth[:, 2:] / 2

    def around(start: int, stop: int) -> tuple[np.ndarray, bool]:
        first, last = low[start:stop].min(axis=0), high[start:stop].max(axis=0)
        side = margin * float(np.median(smooth[start:stop, 2]))
        # A rounding error must not part what is one square exactly.
        fits = bool((last - first).max() <= side * (1 + 1e-9))
        return np.array([*(first + last) / 2, side]), fits

    found, start = [], 0
    while start < len(smooth):
        stop = start + 1
        square, _ = around(start, stop)
        while stop < len(smooth) and stop - start < max_frames:
            wider, fits = around(start, stop + 1)
            if not fits:
                break
            square, stop = wider, stop + 1
        found.append((start, stop, square))
        start = stop
    return found
