"""Cuts of a video: where one shot ends and the next begins."""
from __future__ import annotations

import cv2
import numpy as np

THUMBNAIL = 32
# Mean absolute difference of two consecutive thumbnails, grey levels, that is no motion ...
MIN_DIFFERENCE = 20.0
# ... when it also is so many times what is usual in the frames around it (a fast pan is no cut).
MIN_RATIO = 4.0
NEIGHBOURS = 8


def thumbnail(frame: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 BGR -> (32, 32) float32 grey."""
    small = cv2.resize(frame, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)


class CutFinder:
    """Takes the frames of a video one after another."""

    def __init__(self) -> None:
        self._differences: list[float] = []
        self._last: np.ndarray | None = None

    def __len__(self) -> int:
        """Number of frames T so far."""
        return len(self._differences)

    def add(self, frame: np.ndarray) -> None:
        current = thumbnail(frame)
        last = current if self._last is None else self._last  # the first differs from nothing
        self._differences.append(float(np.abs(current - last).mean()))
        self._last = current

    def cuts(self) -> list[int]:
        """The frames 0 < t < T that begin a new shot."""
        return cuts_from_differences(np.array(self._differences))


def cuts_from_differences(differences: np.ndarray) -> list[int]:
    """Frames that begin a shot, from the differences (T,) of each frame to the one before it in
    grey levels (entry 0 unused)."""
    cuts = []
    for t in range(1, len(differences)):
        around = np.concatenate([differences[max(1, t - NEIGHBOURS):t],
                                 differences[t + 1:t + 1 + NEIGHBOURS]])
        usual = float(np.median(around)) if len(around) else 0.0
        if differences[t] > MIN_DIFFERENCE and differences[t] > MIN_RATIO * usual:
            cuts.append(t)
    return cuts
