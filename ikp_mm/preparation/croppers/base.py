"""What all croppers have in common."""
from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from ikp_mm.io.frame_sources import FrameSource


class CropError(ValueError):
    """One video cannot be cropped in the way asked for; others may."""


class Cropper(ABC):
    """Finds the figure in each frame of a video.

    Attributes:
        margin (float): by what the side of a box is multiplied unless the user says otherwise.
        passes (int): how often ``boxes`` goes through a video, for the progress.
        background (ndarray | None): after ``boxes``, the empty scene (H, W, 3) uint8, if known.
        why_missing (dict): after ``boxes``, frames without a box -> why, where that can be said.
    """

    margin = 1.0
    passes = 1

    def __init__(self) -> None:
        self.background: np.ndarray | None = None
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
