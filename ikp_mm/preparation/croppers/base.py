"""What all croppers have in common."""
from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from ikp_mm.io.frame_sources import FrameSource

# Boxes of one figure in two consecutive frames share at least so much.
MIN_OVERLAP = 0.3


class CropError(ValueError):
    """One video cannot be cropped in the way asked for; others may."""


class Cropper(ABC):
    """Finds the figure in each frame of a video.

    Attributes:
        margin (float): by what the side of a box is multiplied unless the user says otherwise.
        passes (int): how often ``boxes`` goes through a video, for the progress.
        background (ndarray | None): after ``boxes``, the empty scene (H, W, 3) uint8, if known.
        why_no_background (str | None): after ``boxes``, why ``background`` is None although the
            crop compared frames with one.
        why_missing (dict): after ``boxes``, frames without a box -> why, where that can be said.
    """

    margin = 1.0
    passes = 1

    def __init__(self) -> None:
        self.background: np.ndarray | None = None
        self.why_no_background: str | None = None
        self.why_missing: dict[int, str] = {}

    @abstractmethod
    def boxes(self, video: FrameSource) -> np.ndarray:
        """Boxes of all frames that the video gives out: (T, 4) float64 (x0, y0, x1, y1) in pixels,
        x1 and y1 exclusive, four times NaN where nothing was found.

        Raises:
            CropError: this video cannot be cropped so.
            UnreadableVideoError: it cannot be read.
        """

    def look_at_all(self, videos: Sequence[FrameSource]) -> object:
        """Called once with all videos, before the first ``boxes``; returns what ``use`` of a
        cropper of the same options needs in another process."""
        return None

    def use(self, seen: object) -> None:
        """Take over what ``look_at_all`` returned."""


class FollowingCropper(Cropper):
    """One figure a frame: the one that was followed so far, else the surest."""

    @abstractmethod
    def candidates(self, frame: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of a frame's M figures: the boxes (M, 4) they are followed by, x0, y0, x1, y1 with an
        area, their scores (M,), and the boxes (M, 4) to give out."""

    def boxes(self, video: FrameSource) -> np.ndarray:
        """See ``Cropper``."""
        found, followed = [], None
        for frame in video:
            detected, scores, given = self.candidates(frame)
            if len(detected):
                chosen = followed_or_surest(detected, scores, followed)
                followed = detected[chosen]
            found.append(given[chosen] if len(detected) else np.full(4, np.nan))
        return np.array(found, np.float64).reshape(-1, 4)


def squares_around(boxes: np.ndarray) -> np.ndarray:
    """(T, 4) boxes -> (T, 3) squares about the same centres with the longer side.

    Raises:
        ValueError: not (T, 4); a box that is partly NaN, infinite or empty (names the frame).
    """
    boxes = np.asarray(boxes, np.float64)
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f'boxes must be (T, 4), got {boxes.shape}')
    size = boxes[:, 2:] - boxes[:, :2]
    whole = np.isfinite(boxes).all(axis=1) & (size > 0).all(axis=1)
    bad = ~whole & ~np.isnan(boxes).all(axis=1)
    if bad.any():
        t = int(np.argmax(bad))
        raise ValueError(f'the box of frame {t} is {boxes[t].tolist()}: (x0, y0, x1, y1) with '
                         'x0 < x1, y0 < y1, or four times NaN')
    return np.concatenate([(boxes[:, :2] + boxes[:, 2:]) / 2, size.max(axis=1, keepdims=True)],
                          axis=1)


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    """Intersection over union of two (x0, y0, x1, y1) with an area."""
    low = np.maximum(first[:2], second[:2])
    high = np.minimum(first[2:], second[2:])
    common = float(np.prod(np.maximum(high - low, 0)))
    areas = float(np.prod(first[2:] - first[:2]) + np.prod(second[2:] - second[:2]))
    return common / (areas - common)


def followed_or_surest(candidates: np.ndarray, scores: np.ndarray, followed: np.ndarray | None
                       ) -> int:
    """Index of the candidate (M, 4), M >= 1, that overlaps most with the last box followed (4,),
    if there is one and by enough, else of the highest score (M,)."""
    if followed is not None:
        overlaps = [overlap(followed, candidate) for candidate in candidates]
        if max(overlaps) > MIN_OVERLAP:
            return int(np.argmax(overlaps))
    return int(np.argmax(scores))
