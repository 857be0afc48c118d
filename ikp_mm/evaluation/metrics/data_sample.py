"""Read what metrics need out of the dicts that MMEngine's evaluator hands them."""
from __future__ import annotations

from typing import Any

import numpy as np
import torch


def image_name(sample: dict) -> str:
    """How messages name this sample: its path, else its ``img_id``, else its ``id``."""
    for key in ('img_path', 'img_id', 'id'):
        if sample.get(key) is not None:
            return str(sample[key])
    return '(a sample without img_path, img_id and id)'


def to_numpy(value: Any) -> np.ndarray:
    """Tensor (any device), array or number to float64 array."""
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().numpy()
    return np.asarray(value, dtype=np.float64)


def required(container: dict, key: str, sample: dict, remedy: str) -> Any:
    """``container[key]``.

    Raises:
        KeyError: naming the key, the image and what to do.
    """
    if key not in container:
        raise KeyError(f'the data sample of {image_name(sample)} has no {key!r}: {remedy}')
    return container[key]


def one_pose(value: Any, num_joints: int | None, name: str, sample: dict) -> np.ndarray:
    """Keypoints of the one instance of a top-down sample, (K, 2) float64, finite.

    K is ``num_joints``; None takes points without names, as many as there are.

    Raises:
        ValueError: naming the image, when they are not (1, K, 2) or (K, 2), or not finite.
    """
    keypoints = to_numpy(value)
    shape = keypoints.shape
    if keypoints.ndim == 3 and len(keypoints) == 1:
        keypoints = keypoints[0]
    if keypoints.ndim != 2 or keypoints.shape[1] != 2 \
            or num_joints not in (None, len(keypoints)):
        count = 'M' if num_joints is None else num_joints
        raise ValueError(f'{name} of {image_name(sample)} must be (1, {count}, 2), got {shape}')
    if not np.isfinite(keypoints).all():
        joint = int(np.flatnonzero(~np.isfinite(keypoints).all(axis=1))[0])
        raise ValueError(f'{name} of {image_name(sample)} are not finite (joint {joint}: '
                         f'{keypoints[joint].tolist()}): the model has diverged')
    return keypoints
