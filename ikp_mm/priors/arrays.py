"""Poses in array files (.npz, .npy): ready ones, and landmarks in any unit and either axis order,
such as 3DDFA's ``AFLW2000-3D*.pts68.npy``."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from mmengine.logging import MMLogger

from ikp_mm.io.formats.npz import read_array, read_joint_names
from ikp_mm.io.formats.pose_tables import PoseTable, labelled_rows
from ikp_mm.ops.coords import unit_to_frame
from ikp_mm.priors.framing import LANDMARKS, frame_poses
from ikp_mm.priors.pose_sources import NamedPoses, pose_source
from ikp_mm.priors.rows import poses_to_unit
from ikp_mm.skeletons import FACE68

_RIGHT_EYE, _LEFT_EYE = FACE68.index('right_eye_outer'), FACE68.index('left_eye_outer')
_NOSE_TIP = FACE68.index('nose_bridge_4')


def read_poses(path: str | Path, key: str, frame: str | Sequence) -> NamedPoses:
    """Poses of a file, in the coordinates it keeps them; marks of absent joints are NaN.

    Raises: see ``read_array`` and ``read_joint_names``, which reads their names.
    """
    keypoints = read_array(path, key, f"A pose prior is an npz with '{key}' (N, K, 2), or an npy, "
                           'see docs/priors.md')
    if frame != 'unit' and keypoints.ndim == 3:  # in unit coordinates these are places as others
        rows = tuple(f'row {row}' for row in range(len(keypoints)))
        table = PoseTable(Path(path), None, keypoints, rows, ('',) * len(rows))
        keypoints = table.without_marks().keypoints
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


def yaw_from_landmarks(points: np.ndarray) -> np.ndarray:
    """Size of the head's yaw ψ, degrees in [0, 90], of (N, 68, 2) landmarks: (N,).

    Let e be the unit vector along the eye line, from the outer corner of the right eye to that of
    the left, m their midpoint, 2a their distance, n the tip of the nose. From afar the eye corners
    lie ±A cos ψ from m along the eye line and the nose, which stands out by B, at B sin ψ. B / A
    is 1.00 on the mean face of ICT-FaceKit, so |ψ| = atan2(|(n - m) · e|, a). Roll drops out. On
    faces turned far, labellers guess the hidden eye corner: a sieve, not a measurement. 90 where
    the eye corners coincide, NaN where one of the three points is.
    """
    eyes = points[:, _LEFT_EYE] - points[:, _RIGHT_EYE]
    nose = points[:, _NOSE_TIP] - (points[:, _LEFT_EYE] + points[:, _RIGHT_EYE]) / 2
    # Both sides of the quotient times 2a, so that a vanishing eye line divides nothing.
    along, half = np.abs((nose * eyes).sum(axis=1)), (eyes ** 2).sum(axis=1) / 2
    return np.where(half == 0, 90.0, np.degrees(np.arctan2(along, half)))


@pose_source('landmarks_array')
def landmarks_array_poses(path: str | Path, key: str = 'keypoints', padding: float = 1.25,
                          max_yaw_deg: float | None = None) -> NamedPoses:
    """Landmarks of an array file, each row framed by its own tight box. Their names are the file's
    (``joints``), of 68 points else those of ``face68``.

    Args:
        path: .npy, or .npz with ``key``: (N, J, 2|3) or (N, 2|3, J); x, y (and a depth, not used)
            in any unit, y down. NaN marks a missing point.
        key: name in the npz file.
        padding: enlarges the box.
        max_yaw_deg: None, or leave out faces turned farther, see ``yaw_from_landmarks``; needs 68
            points in the order of ``face68``. How many is logged.

    Raises:
        FileNotFoundError: no such file.
        ValueError: no such array, a shape of which the axes cannot be told, ``max_yaw_deg`` with
            other than 68 points, nothing left.
    """
    array = read_array(path, key, 'It must hold landmarks (N, J, 2) or (N, 2, J)')
    last, middle = (array.ndim == 3 and array.shape[axis] in (2, 3) for axis in (2, 1))
    if last == middle:
        raise ValueError(f'{path}: landmarks must be (N, J, 2|3) or (N, 2|3, J) with J > 3, got '
                         f'{array.shape}')
    points = (array if last else array.transpose(0, 2, 1))[..., :2].astype(np.float64)
    faces = points.shape[1] == FACE68.num_joints
    near = np.full(len(points), True)
    if max_yaw_deg is not None:
        if not faces:
            raise ValueError(f'{path}: max_yaw_deg needs the 68 points of face68, it has '
                             f'{points.shape[1]}')
        near = yaw_from_landmarks(points) <= max_yaw_deg
        found = (f'{path}: {int(near.sum())} of {len(points)} faces have a yaw of at most '
                 f'{max_yaw_deg:g} degrees')
        if not near.any():
            raise ValueError(found)
        MMLogger.get_current_instance().info(found)
    names = read_joint_names(path) or (FACE68.joints if faces else None)
    rows = tuple(f'row {row}' for row in np.flatnonzero(near))
    table = PoseTable(Path(path), names, points[near], rows, ('',) * len(rows))
    if np.nanmin(points) >= -1:  # pixels; about another origin (0, 0) is a place as others
        table = table.without_marks()
    return frame_poses(labelled_rows(table), LANDMARKS, padding)
