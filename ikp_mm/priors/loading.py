"""One prior, or a mix of several, from what a config says: rows in the skeleton's joint order."""
from __future__ import annotations

from pathlib import Path
from typing import Mapping, NamedTuple, Sequence

import numpy as np
from mmengine.logging import MMLogger

from ikp_mm.priors.checks import check_every_joint_occurs, check_poses, poses_to_unit
from ikp_mm.priors.files import read_poses
from ikp_mm.priors.framing import placed
from ikp_mm.priors.joint_order import order_joints, source_joint_names
from ikp_mm.priors.pose_sources import POSE_SOURCES, NamedPoses
from ikp_mm.skeletons import Skeleton

FAR = 3.0  # unit coordinates beyond which a point is a mistake: a whole frame outside


class PriorRows(NamedTuple):
    """Rows of all sources, one source after the other.

    Attributes:
        poses: (N, K, 2) float32 unit coordinates, missing joints 0.
        visible: (N, K) bool.
        sizes: (M,) int, rows of each source; their sum is N.
        weights: (M,) float, chance of each source; their sum is 1.
        what: file or source, for error messages.
    """

    poses: np.ndarray
    visible: np.ndarray
    sizes: np.ndarray
    weights: np.ndarray
    what: str


def load_prior(poses, skeleton: Skeleton, key: str, frame, allow_missing: bool) -> PriorRows:
    """Read everything ``PosePriorDataset`` takes as ``poses``; see there.

    Raises:
        FileNotFoundError, ValueError: see ``PosePriorDataset``.
    """
    if isinstance(poses, Mapping) or _is_mix(poses):
        if frame is not None:
            raise ValueError('sources know their frame (type=\'file\' takes its own): leave '
                             f'frame=None instead of {frame!r}')
        if isinstance(poses, Mapping):
            if 'weight' in poses:
                raise ValueError(f'{dict(poses)}: a weight is for a list of sources')
            return _finish([_load_source(poses, skeleton, allow_missing)], [1.0], skeleton)
        weights = [_weight(source) for source in poses]
        return _finish([_load_source(source, skeleton, allow_missing) for source in poses],
                       weights, skeleton)
    if frame is None:
        raise ValueError("state the frame of the poses: frame='unit' (-1..1), 'image' (0..1) "
                         "or ('pixels', W, H)")
    if isinstance(poses, (str, Path)):
        named, what = read_poses(poses, key, frame), str(poses)
    else:
        named, what = NamedPoses(np.asarray(poses)), 'pose array'
    rows = _order_and_check(named, None, None, skeleton, frame, allow_missing, what)
    return _finish([rows], [1.0], skeleton)


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
    joints, joint_names = arguments.pop('joints', None), arguments.pop('joint_names', None)
    placement = arguments.pop('placement', None)
    min_visible = arguments.pop('min_visible', None)
    what = f'pose source {arguments}'
    kind = arguments.pop('type', None)
    if kind not in POSE_SOURCES:
        raise ValueError(f'pose source type must be one of {sorted(POSE_SOURCES)}, got {kind!r}')
    named = POSE_SOURCES[kind](**arguments)
    rows, visible, what = _order_and_check(named, joints, joint_names, skeleton, 'image',
                                           allow_missing, what, min_visible)
    return np.where(visible[..., None], placed(rows, placement, what), 0), visible, what


def _order_and_check(named: NamedPoses, joints, joint_names: Mapping | None, skeleton: Skeleton,
                     frame: str | Sequence, allow_missing: bool, what: str,
                     min_visible: int | None = None) -> tuple[np.ndarray, np.ndarray, str]:
    names = source_joint_names(named, joints, what)
    raw = order_joints(named.keypoints, names, skeleton, joint_names, allow_missing, what)
    rows = named.rows or [f'row {row}' for row in range(len(raw))]
    if raw.ndim == 3 and raw.shape[2] == 2 and len(raw):
        unit = np.abs(poses_to_unit(raw.astype(np.float64), frame, what)).max(axis=2)
        far = (unit > FAR) & np.isfinite(unit)
        if far.any():
            row, joint = np.argwhere(far)[0]
            MMLogger.get_current_instance().warning(
                f'{what}: {int(far.sum())} points of {int(far.any(axis=1).sum())} of {len(raw)} '
                f"poses lie farther outside the frame than it is wide (first: joint "
                f"'{skeleton.joints[joint]}' of {rows[row]}): they count as not labelled")
            raw = np.where(far[..., None], np.nan, raw)
    if min_visible is not None and raw.ndim == 3:
        kept = np.flatnonzero((~np.isnan(raw).any(axis=2)).sum(axis=1) >= min_visible)
        if not len(kept):
            raise ValueError(f'{what}: none of {len(raw)} poses has min_visible={min_visible} '
                             'joints')
        if len(kept) < len(raw):
            MMLogger.get_current_instance().warning(
                f'{what}: left out {len(raw) - len(kept)} of {len(raw)} poses with fewer than '
                f'min_visible={min_visible} joints')
        raw, rows = raw[kept], [rows[row] for row in kept]
    visible = check_poses(raw, skeleton, allow_missing, what, rows)
    unit = poses_to_unit(raw.astype(np.float64), frame, what)
    return np.where(visible[..., None], unit, 0.0).astype(np.float32), visible, what


def _finish(loaded: list[tuple[np.ndarray, np.ndarray, str]], weights: list[float],
            skeleton: Skeleton) -> PriorRows:
    what = ' + '.join(what for _, _, what in loaded)
    visible = np.concatenate([visible for _, visible, _ in loaded])
    check_every_joint_occurs(visible, skeleton, what)
    return PriorRows(np.concatenate([poses for poses, _, _ in loaded]), visible,
                     np.array([len(poses) for poses, _, _ in loaded]),
                     np.array(weights) / sum(weights), what)
