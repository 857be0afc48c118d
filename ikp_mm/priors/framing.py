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
from mmengine.logging import MMLogger


MAX_WHOLE = 1000  # whole poses among which the one most like a partial one is looked for


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


def figure_boxes(points: np.ndarray, what: str) -> np.ndarray:
    """Tight boxes (N, 4) of whole figures, of which some points (N, J, 2) are NaN.

    A pose without a joint that others have is framed as the whole pose most like it is: the one
    that lies closest to its points after the best shift and scale. How many is logged.

    Raises:
        ValueError: no pose is whole.
    """
    boxes = landmark_boxes(points)
    there = ~np.isnan(points).any(axis=2)
    whole = there[:, there.any(axis=0)].all(axis=1)
    partial = np.flatnonzero(~whole & (there.sum(axis=1) > 1))
    if len(partial) and not whole.any():
        raise ValueError(f"{what}: no pose has all its joints, and box='landmarks' does not show "
                         'how large a figure is of which a part is missing: say another box=...')
    if len(partial):
        MMLogger.get_current_instance().warning(
            f"{what}: {len(partial)} of {len(points)} poses lack joints; with box='landmarks' each "
            f'is framed as that of the {int(whole.sum())} whole ones which is most like it')
    alike = np.flatnonzero(whole)[::max(1, whole.sum() // MAX_WHOLE)]
    figures, boxes_of = points[alike], boxes[alike]
    for row in partial:
        seen = there[row]
        middle, others = points[row, seen].mean(axis=0), figures[:, seen]
        middles = others.mean(axis=1)
        wanted, others = points[row, seen] - middle, others - middles[:, None]
        along, length = (others * wanted).sum(axis=(1, 2)), (others ** 2).sum(axis=(1, 2))
        # The rest of |wanted - s others|^2 is |wanted|^2 - along^2 / length; mirrored, s < 0.
        scales = np.divide(along, length, out=np.zeros(len(others)), where=length > 0).clip(min=0)
        best = int(np.argmax(scales * along))
        box = (boxes_of[best].reshape(2, 2) - middles[best]) * scales[best] + middle
        boxes[row] = np.hstack([np.minimum(box[0], boxes[row, :2]),
                                np.maximum(box[1], boxes[row, 2:])])
    return boxes


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
