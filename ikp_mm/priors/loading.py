"""One prior, or a mix of several, from what a config says: rows in the skeleton's joint order."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from mmengine.logging import MMLogger

from ikp_mm.io.formats.npz import read_array, read_joint_names
from ikp_mm.io.formats.pose_tables import PoseTable
from ikp_mm.ops.coords import frame_to_unit, unit_to_frame
from ikp_mm.priors.framing import placed
from ikp_mm.priors.joint_order import order_joints, source_joint_names
from ikp_mm.priors.pose_sources import POSE_SOURCES, NamedPoses, pose_source
from ikp_mm.skeletons import Skeleton

FAR = 3.0  # unit coordinates beyond which a point is a mistake: a whole frame outside


class PriorRows(NamedTuple):
    """Rows of all sources, one source after the other."""

    poses: np.ndarray  # (N, K, 2) float32 unit coordinates, missing joints 0
    visible: np.ndarray  # (N, K) bool
    sizes: np.ndarray  # (M,) int, rows of each source; their sum is N
    weights: np.ndarray  # (M,) float, chance of each source; their sum is 1
    what: str  # file or source, for error messages


def load_prior(poses, skeleton: Skeleton, key: str, frame, allow_missing: bool) -> PriorRows:
    """Read everything ``PosePriorDataset`` takes as ``poses``; see there, for errors too."""
    weights = [1.0]
    if isinstance(poses, Mapping) or _is_mix(poses):
        if frame is not None:
            raise ValueError("sources know their frame (type='file' takes its own): leave "
                             f'frame=None instead of {frame!r}')
        if not isinstance(poses, Mapping):
            weights = [_weight(source) for source in poses]
        elif 'weight' in poses:
            raise ValueError(f'{dict(poses)}: a weight is for a list of sources')
        loaded = [_load_source(source, skeleton, allow_missing)
                  for source in ([poses] if isinstance(poses, Mapping) else poses)]
    else:
        if frame is None:
            raise ValueError("state the frame of the poses: frame='unit' (-1..1), 'image' (0..1) "
                             "or ('pixels', W, H)")
        if isinstance(poses, (str, Path)):
            named, what = read_poses(poses, key, frame), str(poses)
        else:
            named, what = NamedPoses(np.asarray(poses)), 'pose array'
        loaded = [(*_checked(named, skeleton, frame, allow_missing, what), what)]
    unit, visible, names = zip(*loaded)
    there, what = np.concatenate(visible), ' + '.join(names)
    if not there.any(axis=0).all():
        joint = skeleton.joints[int(np.argmin(there.any(axis=0)))]
        raise ValueError(f"{what}: no row has the joint '{joint}'")
    return PriorRows(np.concatenate(unit), there, np.array([len(rows) for rows in unit]),
                     np.array(weights) / sum(weights), what)


def _is_mix(poses) -> bool:
    """Whether ``poses`` is a list of sources."""
    if not isinstance(poses, (list, tuple)) or not any(
            isinstance(one, (Mapping, str, Path)) for one in poses):
        return False
    for one in poses:
        if not isinstance(one, Mapping):
            raise ValueError(f"a mix is a list of dict(type=..., weight=...), got {one!r} in it; "
                             "a file is dict(type='file', path=..., frame=..., weight=...)")
    return True


def _weight(source: Mapping) -> float:
    weight = source.get('weight')
    if not isinstance(weight, (int, float)) or not 0 < weight < np.inf:
        raise ValueError(f'every source of a mix needs a positive weight: {dict(source)}')
    return float(weight)


def _load_source(source: Mapping, skeleton: Skeleton, allow_missing: bool
                 ) -> tuple[np.ndarray, np.ndarray, str]:
    """Unit poses, which joints are there, and the source's name."""
    arguments = dict(source)
    arguments.pop('weight', None)
    wanted = {key: arguments.pop(key, None) for key in ('joints', 'joint_names', 'min_visible')}
    placement = arguments.pop('placement', None)
    what = f'pose source {arguments}'
    kind = arguments.pop('type', None)
    if kind not in POSE_SOURCES:
        raise ValueError(f'pose source type must be one of {sorted(POSE_SOURCES)}, got {kind!r}')
    rows, visible = _checked(POSE_SOURCES[kind](**arguments), skeleton, 'image', allow_missing,
                             what, **wanted)
    return np.where(visible[..., None], placed(rows, placement, what), 0), visible, what


def _checked(named: NamedPoses, skeleton: Skeleton, frame: str | Sequence, allow_missing: bool,
             what: str, joints=None, joint_names: Mapping | None = None,
             min_visible: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Unit poses (N, K, 2) float32 in the skeleton's order, and which joints are there (N, K)."""
    names = source_joint_names(named, joints, what)
    raw = order_joints(named.keypoints, names, skeleton, joint_names, allow_missing, what)
    if raw.ndim != 3 or raw.shape[1:] != (skeleton.num_joints, 2):
        raise ValueError(f'{what}: poses must be (N, {skeleton.num_joints}, 2) for {skeleton}, '
                         f'got {raw.shape}. If the source has other joints or another order, say '
                         'whose with joints=..., or pick them with joint_names=... '
                         '(docs/priors.md)')
    if not len(raw):
        raise ValueError(f'{what}: holds no pose')
    logger = MMLogger.get_current_instance()
    rows = named.rows or [f'row {row}' for row in range(len(raw))]
    unit = poses_to_unit(raw.astype(np.float64), frame, what)
    size = np.abs(unit).max(axis=2)
    far = (size > FAR) & np.isfinite(size)
    if far.any():
        row, joint = np.argwhere(far)[0]
        logger.warning(
            f'{what}: {int(far.sum())} points of {int(far.any(axis=1).sum())} of {len(raw)} '
            "poses lie farther outside the frame than it is wide (first: joint "
            f"'{skeleton.joints[joint]}' of {rows[row]}): they count as not labelled")
        raw = np.where(far[..., None], np.nan, raw)
    visible = ~np.isnan(raw).any(axis=2)
    if min_visible is not None:
        kept = np.flatnonzero(visible.sum(axis=1) >= min_visible)
        if not len(kept):
            raise ValueError(f'{what}: none of {len(raw)} poses has min_visible={min_visible} '
                             'joints')
        if len(kept) < len(raw):
            logger.warning(f'{what}: left out {len(raw) - len(kept)} of {len(raw)} poses with '
                           f'fewer than min_visible={min_visible} joints')
        raw, unit, visible, rows = raw[kept], unit[kept], visible[kept], [rows[k] for k in kept]
    _refuse(raw, visible, skeleton, allow_missing, what, rows)
    return np.where(visible[..., None], unit, 0.0).astype(np.float32), visible


def _refuse(poses: np.ndarray, visible: np.ndarray, skeleton: Skeleton, allow_missing: bool,
            what: str, rows: Sequence[str]) -> None:
    """Infinite values, missing joints (unless allowed) and rows without any joint."""
    bad = np.isinf(poses).any(axis=2) | (False if allow_missing else ~visible)
    if bad.any():
        row, joint = np.argwhere(bad)[0]
        raise ValueError(
            f"{what}: {rows[row]}, joint '{skeleton.joints[joint]}' is "
            f'{poses[row, joint].tolist()} ({int(bad.any(axis=1).sum())} of {len(poses)} rows '
            'have such values); clean the file, or set allow_missing=True if NaN marks joints '
            f"nobody labelled, or leave such poses out with min_visible={skeleton.num_joints} in "
            "the source's dict")
    empty = ~visible.any(axis=1)
    if empty.any():
        raise ValueError(f'{what}: {rows[int(np.argmax(empty))]} has no joint that can be used '
                         f'({int(empty.sum())} of {len(poses)} rows); leave such out with '
                         "min_visible=1 in the source's dict")


def poses_to_unit(poses: np.ndarray, frame: str | Sequence, what: str) -> np.ndarray:
    """Bring (N, K, 2) poses into unit coordinates [-1, 1]; NaN stays NaN.

    Args:
        frame: theirs: 'unit', 'image' (fractions of the frame, 0..1) or ('pixels', W, H).
        what: for the error messages.

    Raises:
        ValueError: unknown frame, or one in which most joints would lie far outside.
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
