"""Cut squares out of frames, and tell whether what was cut out moves."""
from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

# What of a clip's pixels must move, so that a mouth alone counts: the upper twentieth.
MOTION_QUANTILE = 0.95


def crop_square(frame: np.ndarray, square: np.ndarray, size: int) -> np.ndarray:
    """Cut a square out, to a fraction of a pixel.

    What lies outside the frame is black, as MMPose's ``TopdownAffine`` has it for the detector.

    Args:
        frame: (H, W, 3) uint8.
        square: (cx, cy, side) in pixels; the frame spans [0, W] x [0, H].
        size: side S of the result.

    Returns:
        (S, S, 3) uint8.
    """
    centre_x, centre_y, side = square
    # Enlarged by a whole factor and averaged down: nothing is stepped over when shrinking.
    factor = max(1, int(np.ceil(side / size)))
    scale = size * factor / side
    # cv2's pixel i has its centre at i; the frame's left edge is at -0.5.
    matrix = np.array([[scale, 0, scale * (0.5 - centre_x + side / 2) - 0.5],
                       [0, scale, scale * (0.5 - centre_y + side / 2) - 0.5]])
    large = cv2.warpAffine(frame, matrix, (size * factor, size * factor), flags=cv2.INTER_LINEAR,
                           borderMode=cv2.BORDER_CONSTANT, borderValue=(0, 0, 0))
    return large if factor == 1 else cv2.resize(large, (size, size), interpolation=cv2.INTER_AREA)


def outside_fraction(square: np.ndarray, width: int, height: int) -> float:
    """Fraction of a square (cx, cy, side) that lies outside a frame of width x height."""
    half = square[2] / 2
    inside = [max(0.0, min(limit, centre + half) - max(0.0, centre - half))
              for centre, limit in zip(square[:2], (width, height))]
    return 1 - inside[0] * inside[1] / square[2]**2


def motion_of(thumbnails: Sequence[np.ndarray]) -> float:
    """How much a clip moves, in grey levels.

    The standard deviation over time of each pixel of its thumbnails; of these the value that the
    most moving twentieth of the pixels exceeds.

    Args:
        thumbnails: (S, S) float32 grey, one a frame, see ``cuts.thumbnail``.
    """
    return float(np.quantile(np.std(np.stack(thumbnails), axis=0), MOTION_QUANTILE))
