"""The one crop and resize: MMPose's geometry, area-averaged where it shrinks.

Convention:
    - Pixel coordinates are MMPose's: (x, y), pixel centres at integers.
    - A square is (cx, cy, side): x from cx - side / 2 to cx + side / 2, and alike in y.
    - Pixel i of a crop of S pixels lies at cx - side / 2 + i * side / S of the picture, as in
      MMPose's ``get_warp_matrix`` and ``TopdownAffine``. So a point at the fraction f of the
      square lies at f * S of the crop, whatever the two sizes are.
    - What lies outside the picture is black.
"""
from __future__ import annotations

import math

import cv2
import numpy as np
from mmpose.structures.bbox import get_warp_matrix

NON_SQUARE = ('error', 'crop', 'pad')
# Samples a pixel and axis that are averaged at the least before whole pixels are put together.
MIN_SAMPLES = 8


def warp(image: np.ndarray, matrix: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resample an image; each pixel of the result is the mean of what it covers.

    Where the result has as many pixels or more, this is ``cv2.warpAffine`` with linear
    interpolation, to the last bit. Where it has fewer, that would step over pixels (aliasing): the
    mean is taken over a window as wide as the distance of two pixels of the result, centred where
    linear interpolation looks, and the border's pixels are repeated. Pixels whose centre lies
    outside are black.

    Args:
        image: (H, W[, C]) uint8 or float32.
        matrix: (2, 3), from pixels of the image to pixels of the result.
        size: (w, h) of the result.

    Returns:
        (h, w[, C]) of the image's type.
    """
    shrinks_by = 1 / math.sqrt(abs(np.linalg.det(matrix[:, :2])))
    factor = math.ceil(shrinks_by - 1e-6)
    if factor <= 1:
        return cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR)
    height, width = image.shape[:2]
    whole = factor // MIN_SAMPLES
    finer = matrix
    if whole > 1:  # for speed: blocks of whole pixels first
        image = cv2.copyMakeBorder(image, 0, -height % whole, 0, -width % whole,
                                   cv2.BORDER_REPLICATE)
        image = cv2.resize(image, (image.shape[1] // whole, image.shape[0] // whole),
                           interpolation=cv2.INTER_AREA)
        middle = (whole - 1) / 2  # of the first block
        finer = matrix @ np.array([[whole, 0, middle], [0, whole, middle], [0, 0, 1]])
        factor = math.ceil(shrinks_by / whole - 1e-6)
    # factor x factor samples a pixel, at most one pixel of the image apart, around its centre.
    finer = finer * factor
    finer[:, 2] += (factor - 1) / 2
    samples = cv2.warpAffine(image, finer, (size[0] * factor, size[1] * factor),
                             flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mean = cv2.resize(samples, size, interpolation=cv2.INTER_AREA)
    inside = cv2.warpAffine(np.ones((height, width), np.float32), matrix, size,
                            flags=cv2.INTER_LINEAR)
    if inside.min() == 1:
        return mean
    blackened = mean * (inside if mean.ndim == 2 else inside[..., None])
    return blackened if image.dtype == np.float32 else np.rint(blackened).astype(image.dtype)


def crop_square(image: np.ndarray, square: np.ndarray, size: int) -> np.ndarray:
    """A square (cx, cy, side) of an (H, W[, C]) image as (size, size[, C]), see :func:`warp`."""
    centre, side = np.asarray(square[:2], np.float64), float(square[2])
    matrix = get_warp_matrix(centre, np.array([side, side]), 0.0, output_size=(size, size))
    return warp(image, matrix, (size, size))


def resize_square(image: np.ndarray, size: int, non_square: str, what: str) -> np.ndarray:
    """The whole of an (H, W[, C]) image as (size, size[, C]), see :func:`crop_square`.

    Args:
        image: uint8 or float32.
        size: side of the result.
        non_square: what to do when H != W: 'error' refuses, 'crop' takes the central square,
            'pad' adds black bars, as MMPose's ``TopdownAffine`` does with a whole frame.
        what: name of the image for the error message.

    Raises:
        ValueError: H != W with 'error'.
    """
    height, width = image.shape[:2]
    if height != width and non_square == 'error':
        raise ValueError(f"{what} is {width} x {height}, not square: set non_square='crop' "
                         "(central square) or 'pad' (black bars), or crop the frames")
    side = min(height, width) if non_square == 'crop' else max(height, width)
    if height == width == size:
        return np.ascontiguousarray(image)
    return crop_square(image, np.array([width / 2, height / 2, side]), size)


def enclosing_square(boxes: np.ndarray) -> np.ndarray:
    """The smallest square (cx, cy, side) around the common rectangle of (N, 4) boxes
    (x1, y1, x2, y2); centred on that rectangle."""
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    return np.array([*(low + high) / 2, (high - low).max()])


def outside_fraction(square: np.ndarray, width: int, height: int) -> float:
    """Fraction of a square (cx, cy, side) that lies outside a frame of width x height."""
    half = square[2] / 2
    inside = [max(0.0, min(limit, centre + half) - max(0.0, centre - half))
              for centre, limit in zip(square[:2], (width, height))]
    return 1 - inside[0] * inside[1] / square[2]**2
