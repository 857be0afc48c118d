"""From pixels to fractions of a square frame: one rule for priors and evaluation datasets.

What a prior is framed by must be what clips are.

Convention:
    - A box is (x0, y0, x1, y1) in pixels, y down.
    - The frame of a box is the square with the same centre whose side is the box's longer side
      times ``padding``: what ``GetBBoxCenterScale(padding=...)`` and ``TopdownAffine`` with a
      square input cut out. Fractions: ``f = (x - left) / side``.
"""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from mmengine.logging import MMLogger

from ikp_mm.io.formats.boxes import read_box_file
from ikp_mm.io.formats.pose_tables import LEVELS_UP, PoseTable, image_paths
from ikp_mm.io.frame_sources import FrameFolder
from ikp_mm.priors.pose_sources import NamedPoses

LANDMARKS = 'landmarks'
MAX_WHOLE = 1000  # whole poses among which the one most like a partial one is looked for
# A point farther outside its box than this part of the box's longer side cannot be its figure's;
# where more than MAX_FAR of the poses have one, the box is not theirs.
FAR, MAX_FAR = 0.5, 0.2


def landmark_boxes(points: np.ndarray) -> np.ndarray:
    """Tight boxes (N, 4) around the points (N, J, 2) that are not NaN; NaN for rows without."""
    there = ~np.isnan(points)
    low = np.where(there, points, np.inf).min(axis=1)
    high = np.where(there, points, -np.inf).max(axis=1)
    boxes = np.hstack([low, high]).astype(np.float64)
    boxes[~np.isfinite(boxes).all(axis=1)] = np.nan
    return boxes


def whole_boxes(points: np.ndarray, what: str) -> np.ndarray:
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
            f"{what}: {len(partial)} of {len(points)} poses lack joints; with box='landmarks' "
            f'each is framed as that of the {int(whole.sum())} whole ones which is most like it')
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


def row_boxes(table: PoseTable, box: str | Path | Sequence[float],
              source: str | None = None) -> np.ndarray:
    """The box (N, 4) float64 that frames each row, NaN where it has none.

    Args:
        box: 'landmarks' (the tight box of the row's points, see ``whole_boxes``), one of the
            table's own, the path of a box file (.csv or .json, ``ikp_mm/io/formats/boxes.py``; one
            figure a frame), or (W, H), the frame's size: the whole frame.
        source: with a box file and a table of frame numbers: the video's name in the box file; may
            be left out if that has boxes of one video only. Image folders bear their own names.

    Raises:
        FileNotFoundError: no box file; no images, whose order numbers a box file's frames.
        ValueError: several figures in a frame and a box file, ``source`` where it does nothing,
            a size that is none, a frame or name that the box file does not know.
    """
    if isinstance(box, str) and box in table.boxes:
        return table.boxes[box]
    by_file = isinstance(box, (str, Path)) and box != LANDMARKS
    if source is not None and (not by_file or table.of_images):
        raise ValueError(f"{table.path}: source='{source}' goes with a box file and frame numbers")
    if by_file:
        if not Path(box).suffix:
            raise ValueError(f'{table.path}: box must be one of {[*table.boxes, LANDMARKS]}, the '
                             f'path of a box file, or (W, H), got {box!r}')
        return _file_boxes(table, Path(box), source)
    if box == LANDMARKS:
        return whole_boxes(table.keypoints, str(table.path))
    if len(box) != 2 or not all(isinstance(side, (int, float)) and side > 0 for side in box):
        raise ValueError(f"{table.path}: box is 'landmarks', the path of a box file, or (W, H), "
                         f'got {box!r}')
    return np.tile(np.array([0.0, 0.0, *box]), (len(table), 1))


def _file_boxes(table: PoseTable, path: Path, source: str | None) -> np.ndarray:
    if len(set(table.frames)) < len(table):
        raise ValueError(f'{table.path} has several figures in a frame, a box file has one box a '
                         "frame: use box='landmarks'")
    boxes = read_box_file(path)
    if not table.of_images:
        if source is None and len(boxes.sources) != 1:
            raise ValueError(f'{path} has boxes of {boxes.sources}: say which with source=...')
        found = boxes.boxes(source or boxes.sources[0], max(table.frames) + 1)
        return found[list(table.frames)]
    of_folder: dict[Path, dict[str, np.ndarray]] = {}
    rows = []
    for image in image_paths(table):
        if image.parent not in of_folder:
            name = _source_name(image.parent, boxes.sources)
            files = FrameFolder(image.parent, name).files
            of_folder[image.parent] = dict(zip(files, boxes.boxes(name, len(files), files)))
        rows.append(of_folder[image.parent][image.name])
    return np.array(rows)


def _source_name(folder: Path, known: Sequence[str]) -> str:
    """What ``find_sources`` called a folder, given itself or one of those above it."""
    parts = folder.parts[-LEVELS_UP:]
    names = ['_'.join(parts[start:]) for start in reversed(range(len(parts)))]
    return next((name for name in names if name in known), names[0])


def default_padding(box: str | Path | Sequence[float]) -> float:
    """1.25 for landmarks' boxes, as MMPose has it; 1 for others: they hold their margin."""
    return 1.25 if box == LANDMARKS else 1.0


def frame_poses(table: PoseTable, box: str | Path | Sequence[float], padding: float | None,
                source: str | None = None) -> NamedPoses:
    """Rows as poses of a prior.

    Rows without a box are left out. Points far outside their box, and all those of a box without
    extent, count as not labelled. How many of each is logged.

    Args:
        box, source: see ``row_boxes``.
        padding: side of the frame / longer side of the box; None: ``default_padding``.

    Raises: see ``row_boxes``, ``without_far_points``, ``to_frame``; ValueError: no row has a box.
    """
    boxes = row_boxes(table, box, source)
    found = np.flatnonzero(~np.isnan(boxes).any(axis=1))
    if not len(found):
        others = [kind for kind, own in table.boxes.items() if np.isfinite(own).all(axis=1).any()]
        raise ValueError(f'{table.path}: {box} has no box for any of {len(table)} poses; '
                         f'box={[*others, LANDMARKS]} would do')
    if len(found) < len(table):
        MMLogger.get_current_instance().warning(
            f'{table.path}: left out {len(table) - len(found)} of {len(table)} poses for whose '
            f'frame {box} has no box')
    table, boxes = table.take(found), boxes[found]
    flat = (boxes[:, 2:] - boxes[:, :2]).max(axis=1) <= 0
    table = table.without(flat[:, None] & ~np.isnan(table.keypoints).any(axis=2),
                          f'have a box {box} without extent, as that of one point')
    boxes = np.where(flat[:, None], [0, 0, 1, 1], boxes)
    if box != LANDMARKS:
        table = without_far_points(table, boxes, box)
    padding = default_padding(box) if padding is None else padding
    return NamedPoses(to_frame(table.keypoints, boxes, padding, str(table.path)), table.joints,
                      tuple(table.name(row) for row in range(len(table))))


def without_far_points(table: PoseTable, boxes: np.ndarray, box) -> PoseTable:
    """Points far outside their boxes (N, 4) count as not labelled; how many is logged.

    Raises:
        ValueError: too many poses have one: ``box``, named in the message, is not theirs.
    """
    low, high = boxes[:, None, :2], boxes[:, None, 2:]  # (N, 1, 2)
    beyond = np.maximum(low - table.keypoints, table.keypoints - high).max(axis=2)
    far = beyond > FAR * (high - low).max(axis=2)
    rows = np.flatnonzero(far.any(axis=1))
    if len(rows) > MAX_FAR * len(table):
        raise ValueError(f'{table.path}: {len(rows)} of {len(table)} poses have points far outside'
                         f' their box {box} (first: {table.name(rows[0])}): it is not their box')
    return table.without(far, f'lie far outside their box {box}')


def to_frame(points: np.ndarray, boxes: np.ndarray, padding: float, what: str) -> np.ndarray:
    """Points as fractions of their box's frame: (N, J, 2) float64, [0, 1] inside it.

    Args:
        points: (N, J, 2) pixels; NaN stays NaN.
        boxes: (N, 4) pixels.
        padding: side of the frame / longer side of the box.
        what: for the error messages.

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
