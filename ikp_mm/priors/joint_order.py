"""Joints of a source into the order of a skeleton, by name."""
from __future__ import annotations

from typing import Mapping

import numpy as np
from mmengine.logging import MMLogger

from ikp_mm.priors.pose_sources import NamedPoses
from ikp_mm.skeletons import Skeleton, get_skeleton


def source_joint_names(poses: NamedPoses, joints, what: str) -> tuple[str, ...] | None:
    """The names of a source's joints, None when they have none.

    Args:
        poses: what the source read.
        joints: None takes the source's own; a list of J names, or anything ``get_skeleton`` reads,
            replaces them.
        what: for the error messages.

    Raises:
        ValueError: not as many names as joints, or a name given twice.
    """
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


def order_joints(keypoints: np.ndarray, names: tuple[str, ...] | None, skeleton: Skeleton,
                 joint_names: Mapping[str, object] | None, allow_missing: bool,
                 what: str) -> np.ndarray:
    """Pick and order the skeleton's joints (N, K, 2); joints nobody wants are dropped.

    Without names and without a map, ``keypoints`` as they are: the order is taken to be the
    skeleton's, which is logged.

    Args:
        keypoints: (N, J, 2).
        names: J names, or None when the source has none.
        skeleton: K joints.
        joint_names: skeleton's joint -> the source's: its name, its place 0..J-1, or a list of
            such, whose mean is taken (NaN if one of them is NaN). A joint not in the map is looked
            up by its own name.
        allow_missing: joints that the source lacks become NaN instead of an error.
        what: for the error messages.

    Raises:
        ValueError: a joint is missing; the map names a joint that does not exist on either side.
    """
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
