"""Poses kept in an .npz or .npy file of one's own."""
from __future__ import annotations

from pathlib import Path
from typing import Sequence

import numpy as np

from ikp_mm.io.formats.npz import read_array, read_joint_names
from ikp_mm.io.formats.pose_tables import PoseTable
from ikp_mm.ops.coords import unit_to_frame
from ikp_mm.priors.checks import poses_to_unit
from ikp_mm.priors.pose_sources import NamedPoses, pose_source


def read_poses(path: str | Path, key: str, frame: str | Sequence) -> NamedPoses:
    """Poses of a file, in the coordinates it keeps them, ``frame``; marks of absent joints are NaN.

    An npz file may hold ``joints``, J strings: the names of its joints, in their order.

    Raises: see ``read_array`` and ``read_joint_names``.
    """
    keypoints = read_array(path, key, f"A pose prior is an npz with '{key}' (N, K, 2), or an npy, "
                           'see docs/priors.md')
    if frame != 'unit' and keypoints.ndim == 3:  # in unit coordinates these are places as others
        rows = tuple(f'row {row}' for row in range(len(keypoints)))
        keypoints = PoseTable(Path(path), None, keypoints, rows, ('',) * len(rows)
                              ).without_marks().keypoints
    return NamedPoses(keypoints, read_joint_names(path))


@pose_source('file')
def file_poses(path: str | Path, frame: str | Sequence, key: str = 'keypoints') -> NamedPoses:
    """``PosePriorDataset(path, frame=...)`` as a source, so that it can be mixed or reordered.

    Args:
        path: .npz or .npy.
        frame: coordinates in the file: 'unit', 'image' or ('pixels', W, H), see ``poses_to_unit``.
        key: the array's name in an npz file.

    Raises: see ``read_array``, ``poses_to_unit``.
    """
    poses = read_poses(path, key, frame)
    unit = poses_to_unit(poses.keypoints.astype(np.float64), frame, str(path))
    return poses._replace(keypoints=unit_to_frame(unit))
