"""The frame as it is: nothing is looked for."""
from __future__ import annotations

import numpy as np

from ikp_mm.io.frame_sources import FrameSource

from .base import Cropper


class WholeFrameCropper(Cropper):
    """The whole frame; what is not square is padded with black, as MMPose does."""

    margin = 1.0

    def boxes(self, video: FrameSource) -> np.ndarray:
        return np.array([(0, 0, frame.shape[1], frame.shape[0]) for frame in video], np.float64)


class CentralSquareCropper(Cropper):
    """The largest square in the middle of the frame."""

    margin = 1.0

    def boxes(self, video: FrameSource) -> np.ndarray:
        found = []
        for frame in video:
            height, width = frame.shape[:2]
            side = min(height, width)
            left, top = (width - side) / 2, (height - side) / 2
            found.append((left, top, left + side, top + side))
        return np.array(found, np.float64)
