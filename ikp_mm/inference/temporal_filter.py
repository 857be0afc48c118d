"""Keypoints of a video made steady over time, by how sure the model is of each.

Every value is read off a curve that is fitted to the frames around it, each weighted by its score:

- 'median': the weighted median line, i.e. the weighted median of the slopes between any two frames
  of the window, then of what is left (Theil 1950, Sen 1968; weights: Jaeckel 1972). A single frame
  cannot move it.
- 'savgol': the weighted least squares parabola (Savitzky and Golay 1964, for equal weights).
  Leaves fast motion more as it is; a wrong joint pulls at it by its weight.

Both leave a constant velocity exactly as it is, whatever the weights, at the ends of a track too.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .predictor import Keypoints

METHODS = ('median', 'savgol')
# A score of 0 leaves a value out of its own estimate only if there are others.
LEAST_WEIGHT = 1e-6


@dataclass(frozen=True)
class TemporalFilter:
    """How tracks are filtered; ValueError for a setting out of range."""

    method: str  # 'median' or 'savgol'
    window: int = 5  # frames in a window, odd, at least 3
    max_gap: int = 2  # missing frames that are filled in; a longer gap ends a joint's track

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f'the filter must be one of {METHODS}, got {self.method!r}')
        if self.window < 3 or self.window % 2 == 0:
            raise ValueError(f'the window must be odd and at least 3 frames, got {self.window}')
        if self.max_gap < 0:
            raise ValueError(f'max_gap must be at least 0, got {self.max_gap}')


def filter_track(keypoints: np.ndarray, scores: np.ndarray, settings: TemporalFilter,
                 breaks: Sequence[int] = ()) -> Keypoints:
    """Filter the keypoints of one video.

    A joint that is filled in has the lower score of the two it lies between, one that is not has
    NaN and 0.

    Args:
        keypoints: (T, K, 2) of T frames equally far apart in time, in any unit; NaN where none.
        scores: (T, K) in [0, 1], the weights.
        settings: see there.
        breaks: frames 0 < t < T before which a track ends (cuts).

    Raises:
        ValueError: shapes that do not agree.
    """
    keypoints, scores = np.asarray(keypoints, np.float64), np.asarray(scores, np.float64)
    if keypoints.ndim != 3 or keypoints.shape[2] != 2 or scores.shape != keypoints.shape[:2]:
        raise ValueError(f'keypoints must be (T, K, 2) with scores (T, K), got {keypoints.shape} '
                         f'and {scores.shape}')
    found = np.isfinite(keypoints).all(axis=2)
    filtered, new_scores = keypoints.copy(), scores.copy()
    for joint in range(keypoints.shape[1]):
        for start, stop in unbroken_runs(found[:, joint], settings.max_gap, breaks):
            run = slice(start, stop)
            filtered[run, joint] = _fit(keypoints[run, joint], found[run, joint],
                                        scores[run, joint], settings.method, settings.window // 2)
            new_scores[run, joint] = _filled_scores(scores[run, joint], found[run, joint])
    # A gap wider than the window has no neighbours in it: nothing to read the value off.
    new_scores[~np.isfinite(filtered).all(axis=2)] = 0
    return Keypoints(filtered, new_scores)


def unbroken_runs(found: np.ndarray, max_gap: int, breaks: Sequence[int] = ()
                  ) -> list[tuple[int, int]]:
    """Runs [start, stop) of frames (T,) bool that begin and end with a found one, hold no gap of
    more than ``max_gap`` frames and no break."""
    frames = np.flatnonzero(found)
    shots = np.searchsorted(sorted(breaks), frames, side='right')
    ends = (np.diff(frames) > max_gap + 1) | (np.diff(shots) > 0)
    runs = np.split(frames, np.flatnonzero(ends) + 1)
    return [(int(run[0]), int(run[-1]) + 1) for run in runs if len(run)]


def weighted_median(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Of each row (N, M) with weights (N, M), not all 0 -> (N,).

    The mean of the lower and the upper one where half of the weight lies on either side.
    """
    order = np.argsort(values, axis=1)
    values = np.take_along_axis(values, order, axis=1)
    below = np.cumsum(np.take_along_axis(weights, order, axis=1), axis=1)
    half = below[:, -1:] / 2
    rows = np.arange(len(values))
    # Rounding of the sums must not decide between the two.
    lower = values[rows, np.argmax(below >= half * (1 - 1e-9), axis=1)]
    upper = values[rows, np.argmax(below > half * (1 + 1e-9), axis=1)]
    return (lower + upper) / 2


def _fit(points: np.ndarray, found: np.ndarray, scores: np.ndarray, method: str, half: int
         ) -> np.ndarray:
    """(L, 2) of one run of one joint -> (L, 2), NaN where no frame of the window has a value."""
    length, offsets = len(points), np.arange(-half, half + 1)
    padded = np.pad(np.where(found[:, None], points, 0.0), ((half, half), (0, 0)))
    weights = np.pad(np.where(found, np.maximum(scores, LEAST_WEIGHT), 0.0), half)
    index = np.arange(length)[:, None] + offsets + half
    values, weights = padded[index], weights[index]  # (L, W, 2), (L, W)
    count = (weights > 0).sum(axis=1)
    result = np.full((length, 2), np.nan)
    for axis in range(2):
        if method == 'median':
            rows = count > 0
            result[rows, axis] = _median_line(values[rows, :, axis], weights[rows], offsets)
        else:
            # As many coefficients as there are frames to carry them, at most three.
            for terms in (1, 2, 3):
                rows = count >= 3 if terms == 3 else count == terms
                result[rows, axis] = _parabola(values[rows, :, axis], weights[rows], offsets,
                                               terms)
    return result


def _median_line(values: np.ndarray, weights: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Value at offset 0 of the weighted median line through (N, W) values -> (N,)."""
    first, second = np.triu_indices(len(offsets), k=1)
    pair_weights = weights[:, first] * weights[:, second]
    slopes = np.zeros(len(values))
    several = pair_weights.any(axis=1)
    between = (values[:, second] - values[:, first]) / (offsets[second] - offsets[first])
    slopes[several] = weighted_median(between[several], pair_weights[several])
    return weighted_median(values - slopes[:, None] * offsets, weights)


def _parabola(values: np.ndarray, weights: np.ndarray, offsets: np.ndarray, terms: int
              ) -> np.ndarray:
    """Value at offset 0 of the weighted least squares polynomial of ``terms`` coefficients."""
    roots = np.sqrt(weights)[..., None]
    design = np.vander(offsets.astype(np.float64), terms, increasing=True)  # (W, terms)
    solved = np.linalg.pinv(roots * design) @ (roots * values[..., None])
    return solved[:, 0, 0]


def _filled_scores(scores: np.ndarray, found: np.ndarray) -> np.ndarray:
    frames = np.flatnonzero(found)
    t = np.arange(len(found))
    before = frames[np.searchsorted(frames, t, side='right') - 1]
    after = frames[np.searchsorted(frames, t, side='left')]
    return np.minimum(scores[before], scores[after])
