"""What poses must satisfy to be a prior, and their way into unit coordinates."""
from __future__ import annotations

from typing import Sequence

import numpy as np

from ikp_mm.ops.coords import frame_to_unit
from ikp_mm.skeletons import Skeleton


def check_poses(poses: np.ndarray, skeleton: Skeleton, allow_missing: bool, what: str,
                rows: Sequence[str] | None = None) -> np.ndarray:
    """Refuse poses that cannot be a prior.

    Args:
        poses: (N, K, 2), NaN marks a missing joint.
        skeleton: its K joints are what ``poses`` must have.
        allow_missing: whether single joints may be missing.
        what: file or source, for the error messages.
        rows: N names of the rows, for the error messages; None: their numbers.

    Returns:
        (N, K) bool, which joints are there.

    Raises:
        ValueError: empty, wrong shape, infinite values, missing joints (unless allowed), a row
            without any joint. Names the row and the joint.
    """
    if poses.ndim != 3 or poses.shape[1:] != (skeleton.num_joints, 2):
        raise ValueError(f'{what}: poses must be (N, {skeleton.num_joints}, 2) for {skeleton}, '
                         f'got {poses.shape}. If the source has other joints or another order, say '
                         'whose with joints=..., or pick them with joint_names=... '
                         '(docs/priors.md)')
    if len(poses) == 0:
        raise ValueError(f'{what}: holds no pose')

    def name(row: int) -> str:
        return f'row {row}' if rows is None else rows[row]

    visible = ~np.isnan(poses).any(axis=2)
    bad = np.isinf(poses).any(axis=2) | (False if allow_missing else ~visible)
    if bad.any():
        row, joint = np.argwhere(bad)[0]
        raise ValueError(
            f"{what}: {name(row)}, joint '{skeleton.joints[joint]}' is "
            f'{poses[row, joint].tolist()} ({int(bad.any(axis=1).sum())} of {len(poses)} rows have '
            'such values); clean the file, or set allow_missing=True if NaN marks joints nobody '
            f"labelled, or leave such poses out with min_visible={skeleton.num_joints} in the "
            "source's dict")
    if not visible.any(axis=1).all():
        raise ValueError(f'{what}: {name(int(np.argmin(visible.any(axis=1))))} has no joint that '
                         f'can be used ({int((~visible.any(axis=1)).sum())} of {len(poses)} rows); '
                         "leave such out with min_visible=1 in the source's dict")
    return visible


def check_every_joint_occurs(visible: np.ndarray, skeleton: Skeleton, what: str) -> None:
    """Refuse a prior that has some joint in none of its rows; ``visible`` is (N, K) bool.

    Raises:
        ValueError: names the joint.
    """
    if not visible.any(axis=0).all():
        joint = skeleton.joints[int(np.argmin(visible.any(axis=0)))]
        raise ValueError(f"{what}: no row has the joint '{joint}'")


def poses_to_unit(poses: np.ndarray, frame: str | Sequence, what: str) -> np.ndarray:
    """Bring (N, K, 2) poses into unit coordinates [-1, 1].

    Args:
        poses: coordinates in ``frame``; NaN stays NaN.
        frame: 'unit', 'image' (fractions of the frame, 0..1) or ('pixels', W, H).
        what: for the error messages.

    Raises:
        ValueError: unknown frame, or most joints lie far outside the frame, so the stated frame is
            not the one the poses are in.
    """
    if frame == 'unit':
        unit = poses
    elif frame == 'image':
        unit = frame_to_unit(poses)
    elif not isinstance(frame, str) and len(frame) == 3 and frame[0] == 'pixels':
        unit = frame_to_unit(poses / np.asarray(frame[1:], float))
    else:
        raise ValueError(f"{what}: frame must be 'unit' (-1..1), 'image' (0..1) or "
                         f"('pixels', W, H), got {frame!r}")
    if np.nanmedian(np.abs(unit)) > 2:
        raise ValueError(f'{what}: most joints lie more than half a frame outside; values run '
                         f'from {np.nanmin(poses):.4g} to {np.nanmax(poses):.4g}, so '
                         f'frame={frame!r} is not the frame they are in')
    return unit
