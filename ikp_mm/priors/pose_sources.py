"""Where the poses of a prior come from: functions by name, which return ``NamedPoses``.

``PosePriorDataset(poses=dict(type=name, ...))`` looks them up.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Callable, NamedTuple

import numpy as np


class NamedPoses(NamedTuple):
    """Poses in the joint order of their source.

    Attributes:
        keypoints: (N, J, 2) float (x, y) as fractions of the frame, y down; NaN marks a missing
            joint. Outside [0, 1] is legal.
        joints: J names, or None when the source has none; its order is then the skeleton's.
        rows: N names of the rows, such as their image, for messages; None: they have none.
    """

    keypoints: np.ndarray
    joints: tuple[str, ...] | None = None
    rows: tuple[str, ...] | None = None


POSE_SOURCES: dict[str, Callable[..., NamedPoses]] = {}


def pose_source(name: str) -> Callable:
    """Decorator: make a function known as ``dict(type=name, **arguments)``.

    Raises:
        ValueError: the name is taken.
    """
    def register(function: Callable[..., NamedPoses]) -> Callable[..., NamedPoses]:
        if name in POSE_SOURCES:
            raise ValueError(f'pose source {name!r} is already {POSE_SOURCES[name].__module__}.'
                             f'{POSE_SOURCES[name].__qualname__}')
        POSE_SOURCES[name] = function
        return function
    return register


def check_names(wanted: Sequence[str] | None, known: Iterable[str], path: str | Path) -> None:
    """Refuse names that nothing in a file or folder bears; None, which is all, passes.

    Raises:
        ValueError: such a name, or one string in place of a list.
    """
    known = set(known)
    absent = sorted(set(wanted or ()) - known)
    if isinstance(wanted, str) or absent:
        raise ValueError(f'{path}: nothing of {wanted!r} (a list is needed; absent: {absent}); it '
                         f'has {sorted(known)}')
