"""The empty scene behind a moving figure, of a video that is too long to be held in memory."""
from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ikp_mm.clips.background import match_light, median_background

# The sample takes no more than this, but a median wants a few frames.
MAX_BYTES, MIN_SAMPLE = 256 * 2**20, 9


def evenly_sampled(frames: Iterable[np.ndarray], at_most: int) -> list[np.ndarray]:
    """Every k-th frame from the first on, k the power of two that leaves ``at_most`` or fewer.

    How many frames there are need not be known; never more than ``at_most`` are held, fewer where
    they would take more than 256 MiB.
    """
    kept: list[np.ndarray] = []
    every = 1
    for t, frame in enumerate(frames):
        if t == 0:
            at_most = min(at_most, max(MIN_SAMPLE, MAX_BYTES // frame.nbytes))
        if t % every:
            continue
        if len(kept) == at_most:
            kept = kept[::2]
            every *= 2
            if t % every:
                continue
        kept.append(frame)
    return kept


def empty_scene(frames: list[np.ndarray], quantile: float, same_light: bool) -> np.ndarray:
    """Per-pixel quantile.

    Args:
        frames: of one size, at least one.
        quantile: 0.5 is the median.
        same_light: False matches the light of all frames to the first one's.

    Returns:
        (H, W, 3) uint8.
    """
    if not same_light:
        frames = [match_light(frame, frames[0]) for frame in frames]
    return median_background(frames, quantile)
