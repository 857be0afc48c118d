""".pts files: 300-W, 300-VW and the other sets of the iBUG group.

    <root>/afw/134212_1.pts, <root>/helen/trainset/100032540_1.pts, ...      (300-W)
    <root>/001/annot/000001.pts, ...                                         (300-VW)

    version: 1
    n_points:  68
    {
    446.000 91.000
    ...
    }

Coordinates are x, y in pixels, and 1-based: menpo's importer, by the same group, takes 1 off each;
MMPose's jsons of these sets do not. These readers do.
"""
from __future__ import annotations

from pathlib import Path

import numpy as np
from mmengine.logging import MMLogger

from ikp_mm.io.find import label_files
from ikp_mm.io.formats.pose_tables import MARKED, PoseTable, is_mark
from ikp_mm.skeletons import FACE68


def read_pts(path: str | Path) -> np.ndarray:
    """The points of a .pts file: (n, 2) float64 (x, y) pixels, centres at integers, 0-based.

    Raises:
        FileNotFoundError: no such file.
        ValueError: not such a file: no braces, a line that is not two finite numbers, another
            number of points than ``n_points`` says. Names file and line.
    """
    path = Path(path)
    try:
        lines = [line.strip() for line in path.read_text(encoding='utf-8-sig').splitlines()]
    except UnicodeDecodeError as error:
        raise ValueError(f'{path} is not text, so no .pts file') from error
    if '{' not in lines or '}' not in lines[lines.index('{'):]:
        raise ValueError(f"{path}: its points must stand between lines '{{' and '}}'; is it cut "
                         'short?')
    start = lines.index('{') + 1
    points = []
    for number, line in enumerate(lines[start:lines.index('}', start)], start + 1):
        if line:
            try:
                x, y = map(float, line.split())
            except ValueError as error:
                raise ValueError(f"{path}, line {number}: '{line}' is not a pair of numbers x y"
                                 ) from error
            points.append((x, y))
    stated = [line.split(':', 1)[1].strip() for line in lines[:start]
              if line.lower().startswith('n_points') and ':' in line]
    if stated != [str(len(points))]:
        raise ValueError(f'{path}: n_points says {stated}, but there are {len(points)} points')
    array = np.array(points, np.float64).reshape(-1, 2)
    if not np.isfinite(array).all():
        raise ValueError(f'{path}: holds a point that is not finite')
    return array - 1


def read_pts_tree(root: str | Path, pattern: str, num_points: int | None) -> PoseTable:
    """All .pts files below a folder, in the natural order of their paths.

    Args:
        root: the folder.
        pattern: which files, see ``label_files``; e.g. 'helen/trainset/*.pts'.
        num_points: None: all files must have the same number of points; a number: files with
            another number (profile faces of the Menpo sets) are left out, and counted in the log.

    Returns:
        One row a file; 68 points are named as in ``face68``, others are nameless. Points at (0, 0)
        or (-1, -1) count as not labelled.

    Raises:
        FileNotFoundError: no folder, or no such file in it.
        ValueError: a malformed file, or files that disagree in the number of points.
    """
    files = label_files(root, pattern, 'For 300-W see docs/priors.md')
    rows = [read_pts(path) for path in files]
    if num_points is None:
        odd = [path for path, row in zip(files, rows) if len(row) != len(rows[0])]
        if odd:
            raise ValueError(f'{odd[0]} has another number of points than {files[0]}, which has '
                             f'{len(rows[0])} ({len(odd)} of {len(files)} files differ): narrow '
                             'the pattern, or state num_points')
    kept = [place for place, row in enumerate(rows) if num_points in (None, len(row))]
    if not kept:
        raise ValueError(f'{root}: none of {len(files)} files has num_points={num_points}')
    if len(kept) < len(rows):
        MMLogger.get_current_instance().warning(
            f'{root}: left out {len(rows) - len(kept)} of {len(rows)} .pts files that do not have '
            f'{num_points} points')
    points = np.stack([rows[place] for place in kept])
    table = PoseTable(Path(root), FACE68.joints if points.shape[1] == FACE68.num_joints else None,
                      points, tuple(str(files[place]) for place in kept), ('',) * len(kept))
    return table.without(is_mark(points + 1), MARKED)  # as they stand in the file
