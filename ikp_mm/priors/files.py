"""Poses kept in an .npz or .npy file of one's own."""
from __future__ import annotations

from pathlib import Path
from typing import Sequence

import numpy as np

from ikp_mm.io.formats.npz import read_npz
from ikp_mm.ops.coords import unit_to_frame
from ikp_mm.priors.checks import poses_to_unit
from ikp_mm.priors.pose_sources import NamedPoses, pose_source


def read_array(path: str | Path, key: str, needed: str) -> np.ndarray:
    """The array of an .npy file, or the array ``key`` of an .npz file.

    Args:
        path: its suffix decides how it is read.
        key: name in the npz file.
        needed: what the file must be, for the error messages.

    Raises:
        FileNotFoundError: no such file.
        ValueError: not such a file, broken, pickled objects, or no such key.
    """
    path = Path(path)
    if path.suffix != '.npy':
        array, = read_npz(path, [key], needed)
        return array
    if not path.is_file():
        raise FileNotFoundError(f'{path} does not exist. {needed}')
    try:
        return np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(f'{path} is no readable npy file: {error}. {needed}') from error


def read_poses(path: str | Path, key: str) -> NamedPoses:
    """Poses of a file, in whatever coordinates it keeps them.

    An npz file may hold ``joints``, J strings: the names of its joints, in their order.

    Raises: see ``read_array``.
    """
    keypoints = read_array(path, key, f"A pose prior is an npz with '{key}' (N, K, 2), or an "
                           'npy, see docs/priors.md')
    joints = None
    if Path(path).suffix != '.npy':
        with np.load(path, allow_pickle=False) as archive:
            if 'joints' in archive and archive['joints'].dtype.kind == 'U':
                joints = tuple(str(name) for name in archive['joints'])
    return NamedPoses(keypoints, joints)


@pose_source('file')
def file_poses(path: str | Path, frame: str | Sequence, key: str = 'keypoints') -> NamedPoses:
    """``PosePriorDataset(path, frame=...)`` as a source, so that it can be mixed or reordered.

    Args:
        path: .npz or .npy.
        frame: coordinates in the file: 'unit', 'image' or ('pixels', W, H), see ``poses_to_unit``.
        key: the array's name in an npz file.

    Raises: see ``read_array``, ``poses_to_unit``.
    """
    poses = read_poses(path, key)
    unit = poses_to_unit(poses.keypoints.astype(np.float64), frame, str(path))
    return poses._replace(keypoints=unit_to_frame(unit))
