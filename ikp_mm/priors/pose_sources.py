"""Where the poses of a prior come from: functions by name.

``PosePriorDataset(poses=dict(type=name, ...))`` looks them up.

A source is a function that reads its files and returns ``NamedPoses``.
"""
from __future__ import annotations

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
