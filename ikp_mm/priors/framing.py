"""From pixels to fractions of a square frame. What a prior is framed by must be what clips are.

Convention:
    - A box is (x1, y1, x2, y2) in pixels.
    - The frame of a box is the square with the same centre whose side is the box's larger side
      times ``padding``: what ``GetBBoxCenterScale(padding=...)`` and ``TopdownAffine`` with a
      square input cut out. Fractions: ``f = (x - left) / side``.
"""
from __future__ import annotations

from typing import Mapping

import numpy as np

PIXELS_PER_SCALE = 200.0  # of MMPose's older annotations: scale = side of the box / 200


def landmark_boxes(points: np.ndarray) -> np.ndarray:
    """Tight boxes (N, 4) around the points (N, J, 2) that are not NaN.

    A row without any point gets a box of NaN.
    """
    there = ~np.isnan(points)
    low = np.where(there, points, np.inf).min(axis=1)
    high = np.where(there, points, -np.inf).max(axis=1)
    boxes = np.hstack([low, high]).astype(np.float64)
    boxes[~np.isfinite(boxes).all(axis=1)] = np.nan
    return boxes


def center_scale_boxes(centers: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Square boxes (N, 4) from centres (N, 2), pixels, and sides / 200 (N,)."""
    half = np.asarray(scales, np.float64)[:, None] * (PIXELS_PER_SCALE / 2)
    return np.hstack([centers - half, centers + half])


def to_frame(points: np.ndarray, boxes: np.ndarray, padding: float, what: str) -> np.ndarray:
    """Points as fractions of their box's frame.

    Args:
        points: (N, J, 2) pixels; NaN stays NaN.
        boxes: (N, 4) pixels.
        padding: side of the frame / larger side of the box.
        what: for the error messages.

    Returns:
        (N, J, 2) float64, [0, 1] inside the frame.

    Raises:
        ValueError: ``padding`` not positive; a box without extent (names the row).
    """
    if not padding > 0:
        raise ValueError(f'{what}: padding must be positive, got {padding}')
    sides = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0.0)
    bad = ~(np.isfinite(boxes).all(axis=1) & (sides > 0))
    if bad.any():
        row = int(np.argmax(bad))
        raise ValueError(f'{what}: the box of row {row} is {boxes[row].tolist()}, which has no '
                         f'extent ({int(bad.sum())} of {len(boxes)} rows)')
    sides = sides * padding
    corners = (boxes[:, :2] + boxes[:, 2:]) / 2 - sides[:, None] / 2
    return (points - corners[:, None]) / sides[:, None, None]


def placed(unit: np.ndarray, placement: Mapping | None, what: str) -> np.ndarray:
    """Poses scaled about the middle of the frame, then shifted: ``f' = s (f - 1/2) + 1/2 + d``.

    For footage that is framed otherwise than the poses were: a camera that cuts the legs off, a
    figure that stands low in the frame (``tools/browse_dataset.py`` measures by how much).

    Args:
        unit: (N, K, 2) unit coordinates; NaN stays NaN.
        placement: ``scale`` s (1) and ``offset`` d (dx, dy), fractions of the frame, y down (0, 0).
            None leaves the poses as they are.
        what: for the error messages.

    Raises:
        ValueError: another key, a scale that is not positive, an offset that is not two numbers.
    """
    if placement is None:
        return unit
    unknown = sorted(set(placement) - {'scale', 'offset'})
    scale, offset = placement.get('scale', 1.0), np.asarray(placement.get('offset', (0.0, 0.0)))
    if unknown or not scale > 0 or offset.shape != (2,) or not np.isfinite(offset).all():
        raise ValueError(f'{what}: placement is dict(scale=s, offset=(dx, dy)) with s > 0, got '
                         f'{dict(placement)}')
    return (scale * unit + 2 * offset).astype(unit.dtype)
