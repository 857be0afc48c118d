"""Landmarks derived from joints, e.g. 300-W's five points from its 68. Pure numpy."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def derived_landmarks(keypoints: np.ndarray, members: Sequence[Sequence[int]]) -> np.ndarray:
    """Each landmark is the mean of its joints.

    Args:
        keypoints: (N, K, 2).
        members: for each of L landmarks the indices of its joints.

    Returns:
        np.ndarray: (N, L, 2).
    """
    return np.stack([keypoints[:, list(joints)].mean(axis=1) for joints in members], axis=1)


def derived_visible(visible: np.ndarray, members: Sequence[Sequence[int]]) -> np.ndarray:
    """A landmark is labelled where all its joints are: (N, K) bool -> (N, L) bool."""
    return np.stack([visible[:, list(joints)].all(axis=1) for joints in members], axis=1)
