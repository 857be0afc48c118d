"""Square crops, resampled as MMPose's ``TopdownAffine`` does, so training and testing agree."""
from __future__ import annotations

import cv2
import numpy as np
from mmpose.structures.bbox import get_warp_matrix


def enclosing_square(boxes: np.ndarray) -> tuple[np.ndarray, float]:
    """Centre (2,) and side of the smallest square around the common rectangle of (N, 4) boxes
    (x1, y1, x2, y2); centred on that rectangle."""
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    return (low + high) / 2, float((high - low).max())


def crop_square(image: np.ndarray, center: np.ndarray, side: float, size: int) -> np.ndarray:
    """A square of an image, resampled linearly; 0 (black) where it reaches past the border.

    Args:
        image: (H, W, 3) uint8 or (H, W) float32.
        center, side: the square, pixels of the image.
        size: side of the result.

    Returns:
        (size, size[, 3]) of the image's type.
    """
    matrix = get_warp_matrix(np.asarray(center), np.array([side, side]), 0.0,
                             output_size=(size, size))
    return cv2.warpAffine(image, matrix, (size, size), flags=cv2.INTER_LINEAR)
