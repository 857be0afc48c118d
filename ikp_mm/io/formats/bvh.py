"""BVH motion capture: a tree of joints, and for each frame the values of their channels.

Forward kinematics: with R_p and t_p the rotation and place of the parent, o the joint's OFFSET, R
its rotations multiplied in the order of its channels (Zrotation Xrotation Yrotation: R_z R_x R_y),

    t = t_p + R_p o,    R_joint = R_p R

The root's position channels are added to its OFFSET. An End Site is named after its parent,
``<parent>_end``.
"""
from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

AXES = 'XYZ'
CHANNELS = {f'{axis}{kind}': (kind, place) for kind in ('position', 'rotation')
            for place, axis in enumerate(AXES)}


class BvhMotion(NamedTuple):
    """Joints J in the file's order, places (T, J, 3) in its units, seconds from frame to frame."""

    joints: tuple[str, ...]
    positions: np.ndarray
    frame_time: float


@dataclass
class _Joint:
    name: str
    parent: int
    offset: np.ndarray
    channels: list[str]


def read_bvh(path: str | Path, joint_positions: str | None = None) -> BvhMotion:
    """Read one file.

    Args:
        path: the file.
        joint_positions: only for files whose joints, besides the root, have position channels, on
            which programs disagree: they 'replace' the OFFSET or are to be 'add'ed to it.

    Raises:
        FileNotFoundError: no such file.
        ValueError: not such a file, an unknown channel, a frame with another number of values, a
            file cut short, position channels of a joint and no ``joint_positions``.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f'{path} does not exist')
    try:
        text = path.read_text(encoding='utf-8-sig')
    except UnicodeDecodeError as error:
        raise ValueError(f'{path} is not text, so no BVH file') from error
    hierarchy, *motion = re.split(r'^\s*MOTION\s*$', text, maxsplit=1, flags=re.MULTILINE)
    if not hierarchy.lstrip().startswith('HIERARCHY') or not motion:
        raise ValueError(f"{path} is no BVH file: it needs 'HIERARCHY' at its start and 'MOTION'")
    joints = _read_hierarchy(hierarchy, path)
    values, frame_time = _read_motion(motion[0], sum(len(joint.channels) for joint in joints), path)
    return BvhMotion(tuple(joint.name for joint in joints),
                     _forward(joints, values, joint_positions, path), frame_time)


def _read_hierarchy(text: str, path: Path) -> list[_Joint]:
    joints: list[_Joint] = []
    open_joints: list[int] = []
    for line in text.replace('{', '\n{\n').replace('}', '\n}\n').splitlines()[1:]:
        word, rest = [*line.strip().split(None, 1), '', ''][:2]
        rest = rest.strip()
        if word in ('ROOT', 'JOINT', 'End'):
            parent = open_joints[-1] if open_joints else -1
            if (word == 'ROOT') != (parent < 0) or (word == 'ROOT' and joints):
                raise ValueError(f"{path}: '{line.strip()}' stands in the wrong place; one ROOT, "
                                 'all else below it')
            name = f'{joints[parent].name}_end' if word == 'End' else rest
            joints.append(_Joint(name, parent, np.zeros(3), []))
        elif word == '{':
            open_joints.append(len(joints) - 1)
        elif word == '}' and open_joints:
            open_joints.pop()
        elif word == 'OFFSET' and open_joints:
            joint = joints[open_joints[-1]]
            try:
                joint.offset = np.array([float(value) for value in rest.split()]).reshape(3)
            except ValueError:
                raise ValueError(f"{path}: OFFSET of '{joint.name}' must be three numbers, got "
                                 f'{rest!r}') from None
        elif word == 'CHANNELS' and open_joints:
            count, *names = rest.split()
            unknown = [name for name in names if name not in CHANNELS]
            if unknown or count != str(len(names)):
                raise ValueError(f"{path}: CHANNELS of '{joints[open_joints[-1]].name}' are "
                                 f'{rest}; known are {sorted(CHANNELS)}, their number first')
            joints[open_joints[-1]].channels = names
        elif word:
            raise ValueError(f"{path}: '{line.strip()}' is no line of a BVH hierarchy")
    if not joints or open_joints:
        raise ValueError(f'{path}: no ROOT, or braces that are not closed')
    return joints


def _read_motion(text: str, width: int, path: Path) -> tuple[np.ndarray, float]:
    head = re.match(r'\s*Frames:\s*(\d+)\s*Frame Time:\s*(\S+)', text)
    if head is None:
        raise ValueError(f"{path}: after 'MOTION' must stand 'Frames: n' and 'Frame Time: seconds'")
    rows = [line.split() for line in text[head.end():].splitlines() if line.strip()]
    if not rows or len(rows) != int(head[1]):
        raise ValueError(f'{path}: Frames says {head[1]}, but there are {len(rows)}; is it cut '
                         'short?')
    odd = next((i for i, row in enumerate(rows) if len(row) != width), None)
    if odd is not None:
        raise ValueError(f'{path}: frame {odd} has {len(rows[odd])} values, the channels need '
                         f'{width}')
    try:
        values = np.array(rows, np.float64)
    except ValueError as error:
        raise ValueError(f'{path}: a frame holds what is no number: {error}') from error
    if not np.isfinite(values).all():
        raise ValueError(f'{path}: frame {int(np.argwhere(~np.isfinite(values))[0, 0])} is not '
                         'finite')
    return values, float(head[2])


def _forward(joints: list[_Joint], values: np.ndarray, joint_positions: str | None,
             path: Path) -> np.ndarray:
    """(T, J, 3) places of all joints."""
    if joint_positions not in (None, 'replace', 'add'):
        raise ValueError(f"joint_positions is 'replace' or 'add', got {joint_positions!r}")
    places = np.empty((len(values), len(joints), 3))
    rotations: list[np.ndarray] = []
    column = 0
    for j, joint in enumerate(joints):
        local = np.broadcast_to(np.eye(3), (len(values), 3, 3))
        shift = np.tile(joint.offset, (len(values), 1))
        for channel in joint.channels:
            kind, axis = CHANNELS[channel]
            if kind == 'rotation':
                local = local @ _turn(axis, np.radians(values[:, column]))
            elif joint.parent < 0 or joint_positions == 'add':
                shift[:, axis] += values[:, column]
            elif joint_positions == 'replace':
                shift[:, axis] = values[:, column]
            else:
                raise ValueError(f"{path}: joint '{joint.name}' has position channels: say "
                                 "joint_positions='replace' (of its OFFSET) or 'add'")
            column += 1
        if joint.parent < 0:
            places[:, j] = shift
            rotations.append(local)
        else:
            parent = rotations[joint.parent]
            places[:, j] = places[:, joint.parent] + np.einsum('tij,tj->ti', parent, shift)
            rotations.append(parent @ local)
    return places


def _turn(axis: int, angle: np.ndarray) -> np.ndarray:
    """(T, 3, 3) right-handed rotations about x, y or z by (T,) radians."""
    turn = np.zeros((len(angle), 3, 3))
    first, second = (axis + 1) % 3, (axis + 2) % 3
    turn[:, axis, axis] = 1
    turn[:, first, first] = turn[:, second, second] = np.cos(angle)
    turn[:, second, first] = np.sin(angle)
    turn[:, first, second] = -np.sin(angle)
    return turn
