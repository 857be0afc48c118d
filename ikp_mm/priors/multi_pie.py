"""CMU Multi-PIE's landmark labels (R. Gross et al., Image and Vision Computing 2010), as a prior.

    MPie_Labels/labels/051/001_01_01_051_05_lm.mat
                           subject_session_recording_camera_light

Each .mat holds ``pts`` (n, 2), x and y in pixels, taken to be 1-based, as Matlab's: 68 points for
the cameras in front, 39 for the profiles, which are another set of points and are left out. Nobody
here has the labels, which are licensed. The layout rests on public readers that agree: the file
preparation of LUVLi (A. Kumar), the readers of Montreal's LISA lab, whose table of point names
confirms the order of ``face68``, and C.-Y. Yang's Matlab code (some copies cut down to 66 points);
another public configuration has all files in one folder ``all``.

Cameras, by degrees of yaw: 110 120 090 080 130 140 are -90 to -15 in steps of 15, 051 is frontal,
050 041 190 200 010 240 are 15 to 90 (public loaders agree up to the sign).
"""
from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Sequence

import numpy as np
from mmengine.logging import MMLogger

from ikp_mm.io.find import label_files
from ikp_mm.io.formats.mat import read_mat
from ikp_mm.io.formats.pose_tables import PoseTable, labelled_rows
from ikp_mm.priors.framing import LANDMARKS, frame_poses
from ikp_mm.priors.pose_sources import NamedPoses, check_names, pose_source
from ikp_mm.skeletons import FACE68

NEEDED = ('Multi-PIE is licensed by CMU (https://www.cs.cmu.edu/afs/cs/project/PIE/MultiPie/'
          'Multi-Pie/Home.html); unpack MPie_Labels so that root is the folder '
          'MPie_Labels/labels, see docs/datasets.md')
_FILE = re.compile(r'\d{3}_\d{2}_\d{2}_(\d{3})_\d{2}_lm\.mat$', re.IGNORECASE)  # the camera


@pose_source('multi_pie')
def multi_pie_poses(root: str | Path, cameras: Sequence[str] | None = None,
                    padding: float = 1.25) -> NamedPoses:
    """The 68-point labels in the order of their names, each framed by its own landmarks' box. How
    many files of other than 68 points were left out is logged, by camera.

    Args:
        root: ``MPie_Labels/labels``; searched with its subfolders.
        cameras: e.g. ['130', '140', '051', '050', '041'], the near-frontal ones; None is all.
        padding: enlarges the box.

    Raises:
        FileNotFoundError: no label file below ``root``.
        ValueError: a file that cannot be read, without ``pts`` or with ``pts`` of another shape; a
            camera of which there is none; the same label in two folders; no 68 points.
    """
    files = _label_files(Path(root))
    check_names(cameras, files.values(), root)
    rows: dict[str, np.ndarray] = {}
    left_out: Counter = Counter()
    for path, camera in files.items():
        if cameras is None or camera in cameras:
            points = _read_label(path)
            if len(points) == FACE68.num_joints:
                rows[path.name] = points
            else:
                left_out[camera, len(points)] += 1
    if left_out:
        MMLogger.get_current_instance().warning(
            f'{root}: {len(rows)} labels of 68 points; left out '
            + ', '.join(f'{number} of {points} points from camera {camera}'
                        for (camera, points), number in sorted(left_out.items())))
    if not rows:
        raise ValueError(f'{root}: no label of cameras={cameras} has 68 points')
    table = PoseTable(Path(root), FACE68.joints, np.stack(list(rows.values())), tuple(rows),
                      ('',) * len(rows))
    return frame_poses(labelled_rows(table.without_marks()), LANDMARKS, padding)


def _label_files(root: Path) -> dict[Path, str]:
    """Label files below ``root`` in the order of their names, and their cameras."""
    found = sorted(label_files(root, '**/*_lm.mat', NEEDED),
                   key=lambda path: (path.name, str(path)))
    files: dict[Path, str] = {}
    for path, last in zip(found, [None, *found]):
        match = _FILE.match(path.name)
        if match is None:
            raise ValueError(f"{path}: the name is not that of a label such as "
                             "'001_01_01_051_05_lm.mat'")
        if last is not None and path.name == last.name:
            raise ValueError(f'{path} and {last} are the same label: point root at one of the two '
                             'folders')
        files[path] = match[1]
    return files


def _read_label(path: Path) -> np.ndarray:
    """(n, 2) pixels, 0-based."""
    points, = read_mat(path, ['pts'], NEEDED)
    if points.ndim != 2 or points.shape[1] != 2 or points.dtype.kind not in 'fiu' or (
            not np.isfinite(points).all()):
        raise ValueError(f"{path}: 'pts' must be (n, 2) finite numbers, got {points.shape}")
    return points.astype(np.float64) - 1
