"""Poses of a source as rows of a prior: the skeleton's joints in its order, in unit coordinates,
without what cannot be used."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from mmengine.logging import MMLogger

from ikp_mm.ops.coords import frame_to_unit
from ikp_mm.priors.pose_sources import NamedPoses
from ikp_mm.skeletons import Skeleton, get_skeleton

FAR = 3.0  # unit coordinates beyond which a point is a mistake: a whole frame outside


def skeleton_rows(named: NamedPoses, skeleton: Skeleton, frame: str | Sequence,
                  allow_missing: bool, what: str, joints=None,
                  joint_names: Mapping | None = None, min_visible: int | None = None,
                  placement: Mapping | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Unit poses (N, K, 2) float32 in the skeleton's order, 0 where a joint is missing, and which
    joints are there (N, K).

    Arguments and errors: see ``PosePriorDataset``; ``frame`` is that of ``named``.
    """
    raw = order_joints(named, skeleton, what, joints, joint_names, allow_missing)
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
    unit = placed(np.where(visible[..., None], unit, 0.0).astype(np.float32), placement, what)
    return np.where(visible[..., None], unit, 0), visible


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


def placed(unit: np.ndarray, placement: Mapping | None, what: str) -> np.ndarray:
    """Poses scaled about the middle of the frame, then shifted: ``f' = s (f - 1/2) + 1/2 + d``.

    For footage that is framed otherwise than the poses were: a camera that cuts the legs off, a
    figure that stands low in the frame (``tools/browse_dataset.py`` measures by how much).

    Args:
        unit: (N, K, 2) unit coordinates; NaN stays NaN.
        placement: None, or a dict: ``scale`` s (1), ``offset`` (dx, dy), fractions, y down (0, 0).
        what: for the error messages.

    Raises:
        ValueError: another key, a scale that is not positive, an offset that is not two numbers.
    """
    if placement is None:
        return unit
    scale, offset = placement.get('scale', 1.0), np.asarray(placement.get('offset', (0.0, 0.0)))
    if set(placement) - {'scale', 'offset'} or not scale > 0 or offset.shape != (2,) or (
            not np.isfinite(offset).all()):
        raise ValueError(f'{what}: placement is dict(scale=s, offset=(dx, dy)) with s > 0, got '
                         f'{dict(placement)}')
    return (scale * unit + 2 * offset).astype(unit.dtype)


def order_joints(poses: NamedPoses, skeleton: Skeleton, what: str, joints=None,
                 joint_names: Mapping[str, object] | None = None, allow_missing: bool = False
                 ) -> np.ndarray:
    """Pick and order the skeleton's joints (N, K, 2); joints nobody wants are dropped.

    Without names and without a map, the keypoints as they are: the order is taken to be the
    skeleton's, which is logged.

    Args:
        poses: what the source read, J joints.
        skeleton: K joints.
        what: for the error messages.
        joints: None takes the source's own names; a list of J names, or anything ``get_skeleton``
            reads, replaces them.
        joint_names: skeleton's joint -> the source's: its name, its place 0..J-1, or a list of
            such, whose mean is taken (NaN if one of them is NaN). A joint not in the map is looked
            up by its own name.
        allow_missing: joints that the source lacks become NaN instead of an error.

    Raises:
        ValueError: not as many names as joints, or a name given twice; a joint is missing; the map
            names a joint that does not exist on either side.
    """
    keypoints, names = poses.keypoints, _joint_names(poses, joints, what)
    joint_names = dict(joint_names or {})
    unknown = sorted(set(joint_names) - set(skeleton.joints))
    if unknown:
        raise ValueError(f'{what}: joint_names has {unknown}, which {skeleton} does not have; its '
                         f'joints are {list(skeleton.joints)}')
    if names is None and not joint_names:
        MMLogger.get_current_instance().info(
            f'{what} does not name its joints: they are taken to be in the order of {skeleton}')
        return keypoints
    if keypoints.ndim != 3:
        raise ValueError(f'{what}: poses must be (N, J, 2), got {keypoints.shape}')
    places = {name: place for place, name in enumerate(names or ())}
    ordered = np.full((len(keypoints), skeleton.num_joints, 2), np.nan)
    missing = []
    for k, joint in enumerate(skeleton.joints):
        if joint in joint_names:
            found = _resolve(joint_names[joint], places, keypoints.shape[1], joint, what)
            ordered[:, k] = keypoints[:, found].mean(axis=1)
        elif joint in places:
            ordered[:, k] = keypoints[:, places[joint]]
        else:
            missing.append(joint)
    if missing and not allow_missing:
        has = f'{keypoints.shape[1]} nameless joints' if names is None else list(names)
        raise ValueError(f'{what}: lacks the joints {missing} of {skeleton}; it has {has}. Map '
                         "them with joint_names={'skeleton joint': 'source joint'}, or set "
                         'allow_missing=True')
    return ordered


def _joint_names(poses: NamedPoses, joints, what: str) -> tuple[str, ...] | None:
    """The names of a source's joints, None when they have none."""
    if isinstance(joints, (list, tuple)):
        names = tuple(joints)
    else:
        names = poses.joints if joints is None else get_skeleton(joints).joints
    if names is None:
        return None
    if poses.keypoints.ndim != 3 or len(names) != poses.keypoints.shape[1]:
        raise ValueError(f'{what}: {len(names)} joint names for poses of shape '
                         f'{poses.keypoints.shape}, which must be (N, {len(names)}, 2)')
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f'{what}: names joints twice: {twice}')
    return names


def _resolve(wanted, places: Mapping[str, int], num_joints: int, joint: str, what: str
             ) -> list[int]:
    """Places of the source joint, or joints, that ``joint_names`` gives for ``joint``."""
    found = []
    for one in wanted if isinstance(wanted, (list, tuple)) else [wanted]:
        place = one if isinstance(one, int) else places.get(one, -1)
        if not 0 <= place < num_joints:
            has = list(places) or f'{num_joints} nameless joints: give places 0..{num_joints - 1}'
            raise ValueError(f'{what}: joint_names[{joint!r}] is {wanted!r}, but the source has '
                             f'no joint {one!r}; it has {has}')
        found.append(place)
    if not found:
        raise ValueError(f'{what}: joint_names[{joint!r}] is an empty list')
    return found
