"""Framing of the rows of a ``PoseTable``: one rule for priors and evaluation datasets.

Convention: pixels, (x, y), y down. A box is (x0, y0, x1, y1).
"""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from mmengine.logging import MMLogger

from ikp_mm.io.formats.boxes import read_box_file
from ikp_mm.io.formats.pose_tables import LEVELS_UP, PoseTable, image_paths
from ikp_mm.io.frame_sources import FrameFolder
from ikp_mm.priors.framing import landmark_boxes, to_frame
from ikp_mm.priors.pose_sources import NamedPoses

LANDMARKS = 'landmarks'


def row_boxes(table: PoseTable, box: str | Path | Sequence[float],
              source: str | None = None) -> np.ndarray:
    """The box that frames each row.

    Args:
        table: the rows.
        box: 'landmarks' (the tight box of the row's points), the path of a box file (.csv or
            .json, ``ikp_mm/io/formats/boxes.py``; one figure a frame), or (W, H), the frame's
            size: the whole frame.
        source: with a box file and a table of frame numbers: the video's name in the box file;
            may be left out if that has boxes of one video only. Image folders bear their own names.

    Returns:
        (N, 4) float64, NaN where the box file has none.

    Raises:
        FileNotFoundError: no box file; no images, whose order numbers a box file's frames.
        ValueError: several figures in a frame and a box file, ``source`` where it does nothing,
            a size that is none, a frame or name that the box file does not know.
    """
    by_file = isinstance(box, (str, Path)) and box != LANDMARKS
    if source is not None and (not by_file or table.of_images):
        raise ValueError(f"{table.path}: source='{source}' goes with a box file and frame numbers")
    if by_file:
        return _file_boxes(table, Path(box), source)
    if box == LANDMARKS:
        return landmark_boxes(table.keypoints)
    if len(box) != 2 or not all(isinstance(side, (int, float)) and side > 0 for side in box):
        raise ValueError(f"box is 'landmarks', the path of a box file, or (W, H), got {box!r}")
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
        if image.name not in of_folder[image.parent]:
            raise FileNotFoundError(f'{image}, named in {table.path}, does not exist')
        rows.append(of_folder[image.parent][image.name])
    return np.array(rows)


def _source_name(folder: Path, known: Sequence[str]) -> str:
    """What ``find_sources`` called a folder, given itself or one of those above it."""
    parts = folder.parts[-LEVELS_UP:]
    names = ['_'.join(parts[start:]) for start in reversed(range(len(parts)))]
    return next((name for name in names if name in known), names[0])


def frame_poses(table: PoseTable, box: str | Path | Sequence[float], padding: float | None,
                source: str | None = None) -> NamedPoses:
    """Rows as poses of a prior.

    Args:
        table: the rows.
        box, source: see ``row_boxes``. Rows for which a box file has no box are left out, and
            counted in the log.
        padding: side of the frame / longer side of the box; None is 1.25 for landmarks' boxes and
            1 for the others, which hold their margin already.

    Raises: see ``row_boxes`` and ``to_frame``; a ValueError if no row has a box.
    """
    boxes = row_boxes(table, box, source)
    found = np.flatnonzero(~np.isnan(boxes).any(axis=1))
    if not len(found):
        raise ValueError(f'{table.path}: {box} has no box for any of {len(table)} frames')
    if len(found) < len(table):
        MMLogger.get_current_instance().warning(
            f'{table.path}: left out {len(table) - len(found)} of {len(table)} poses for whose '
            f'frame {box} has no box')
    return NamedPoses(to_frame(table.keypoints[found], boxes[found],
                               default_padding(box) if padding is None else padding,
                               str(table.path)), table.joints)


def default_padding(box: str | Path | Sequence[float]) -> float:
    """1.25 for landmarks' boxes, as MMPose has it; 1 where the box is the frame."""
    return 1.25 if box == LANDMARKS else 1.0
