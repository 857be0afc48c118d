"""What the metrics share: reading MMEngine's data samples, json, the log."""
from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.evaluator import BaseMetric
from mmengine.logging import MMLogger


class PoseMetric(BaseMetric):
    """A metric of one instance an image, which knows the names of its joints."""

    def process(self, data_batch: Sequence[dict], data_samples: Sequence[dict]) -> None:
        """Keep what ``_read`` takes of each data sample; ``data_batch`` is not used.

        Raises:
            KeyError: a key is missing (named, with the image).
            ValueError: no ``dataset_meta``; a wrong shape, or a value that is not finite or out of
                range (named, with the image).
        """
        if self._dataset_meta is None:
            raise ValueError(f'{type(self).__name__} needs dataset_meta (names, left/right pairs) '
                             'before the first image: the evaluated data set has no metainfo')
        self.results += [self._read(sample) for sample in data_samples]

    def _read(self, sample: dict) -> dict:
        """Plain values and arrays of one data sample."""
        raise NotImplementedError

    @property
    def num_joints(self) -> int:
        """K of the evaluated data set."""
        return self._dataset_meta['num_keypoints']

    def _log(self, text: str, warn: bool = False) -> None:
        logger: MMLogger = MMLogger.get_current_instance()
        (logger.warning if warn else logger.info)(f'{type(self).__name__}: {text}')


def joint_names(dataset_meta: dict) -> tuple[str, ...]:
    """Names of the K joints of MMPose's parsed meta information, in order."""
    return tuple(dataset_meta['keypoint_id2name'][k] for k in range(dataset_meta['num_keypoints']))


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
    """``container[key]``; KeyError naming the key, the image and what to do."""
    if key not in container:
        raise KeyError(f'the data sample of {image_name(sample)} has no {key!r}: {remedy}')
    return container[key]


def input_frame(sample: dict, key: str) -> np.ndarray:
    """``input_center`` or ``input_scale``, (2,) float64 pixels of the original frame."""
    return to_numpy(required(sample, key, sample, 'let the test pipeline end with TopdownAffine '
                             'and PackPoseInputs')).reshape(2)


def labels(sample: dict, num_joints: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels of the one instance of a top-down sample.

    Returns:
        tuple: keypoints (K, 2) float64, 0 where there is no label, and visible (K,) bool.

    Raises:
        ValueError: naming the image, when there are not K of both, or a visible one is not finite.
    """
    truth = sample['gt_instances']
    visible = to_numpy(truth['keypoints_visible'])
    # MMPose packs (1, K), or (1, K, 2) with weights behind.
    visible = (visible[..., 0] if visible.ndim == 3 else visible).reshape(-1) > 0
    keypoints = to_numpy(truth['keypoints']).reshape(-1, 2)
    if keypoints.shape != (num_joints, 2) or visible.shape != (num_joints, ):
        raise ValueError(f'labels of {image_name(sample)} must be one instance of {num_joints} '
                         f'joints, got {keypoints.shape}, visible {visible.shape}')
    if not np.isfinite(keypoints[visible]).all():
        raise ValueError(f'a joint of {image_name(sample)} is marked visible, but its label is '
                         'not finite')
    return np.where(visible[:, None], keypoints, 0), visible


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
    bad = np.flatnonzero(~np.isfinite(keypoints).all(axis=1))
    if bad.size:
        raise ValueError(f'{name} of {image_name(sample)} are not finite (joint {bad[0]}: '
                         f'{keypoints[bad[0]].tolist()}): the model has diverged')
    return keypoints


def save_json(path: str, content: dict) -> None:
    """Write ``content`` to ``path``; its folder is made. NaN is refused by json (ValueError)."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(content, indent=2, allow_nan=False) + '\n', encoding='utf-8')
