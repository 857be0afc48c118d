"""Square crops, resampled as MMPose's ``TopdownAffine`` does, so training and testing agree."""
from __future__ import annotations

import cv2
import numpy as np
from mmpose.structures.bbox import get_warp_matrix

NON_SQUARE = ('error', 'crop', 'pad')


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


def resize_square(image: np.ndarray, size: int, non_square: str, what: str) -> np.ndarray:
    """Resize an (H, W, 3) image to (size, size, 3).

    Args:
        image: (H, W, 3) uint8.
        size: side of the result.
        non_square: what to do when H != W: 'error' refuses, 'crop' takes the central square,
            'pad' adds black bars, which is what MMPose's ``TopdownAffine`` does with a whole frame.
        what: name of the image for the error message.
    """
    height, width = image.shape[:2]
    if height != width:
        if non_square == 'error':
            raise ValueError(f"{what} is {width} x {height}, not square: set non_square='crop' "
                             "(central square) or 'pad' (black bars), or crop the frames")
        if non_square == 'crop':
            side = min(height, width)
            top, left = (height - side) // 2, (width - side) // 2
            image = image[top:top + side, left:left + side]
        else:
            side = max(height, width)
            top, left = (side - height) // 2, (side - width) // 2
            image = cv2.copyMakeBorder(image, top, side - height - top, left, side - width - left,
                                       cv2.BORDER_CONSTANT, value=(0, 0, 0))
    if image.shape[0] == size:
        return np.ascontiguousarray(image)
    shrinks = image.shape[0] > size
    return cv2.resize(image, (size, size),
                      interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
