"""Boxes of an MMDetection model. MMDetection is imported when the crop is used."""
from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .base import FollowingCropper

HOW_TO_INSTALL = ('the detector crop needs MMDetection and mmcv with compiled ops (its detectors '
                  'call them, if only to remove duplicate boxes): pip uninstall mmcv-lite; pip '
                  'install mmcv==2.1.0 mmdet==3.3.0')


def mmdet_detector(config: str, checkpoint: str | None, device: str
                   ) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """``(H, W, 3) uint8 BGR -> ((M, 4) boxes, (M,) scores, (M,) class ids)``.

    Raises:
        ImportError: MMDetection is missing, or mmcv without compiled ops; says what to install.
    """
    try:
        from mmcv import _ext  # a stand-in under mmcv-lite, see ikp_mm/compat.py
        from mmdet.apis import inference_detector, init_detector
    except ImportError as error:
        raise ImportError(f'{error}: {HOW_TO_INSTALL}') from error
    if not hasattr(_ext, '__file__'):
        raise ImportError(HOW_TO_INSTALL)
    model = init_detector(config, checkpoint, device=device)

    def detect(frame: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        found = inference_detector(model, frame).pred_instances.cpu()
        return (found.bboxes.numpy().astype(np.float64), found.scores.numpy(),
                found.labels.numpy())
    return detect


class DetectorCropper(FollowingCropper):
    """One detected figure a frame: the one that was followed so far, else the highest score.

    Args:
        config: of the MMDetection model.
        checkpoint: its weights.
        classes: ids of the classes that count, or one id; of COCO, 0 is a person, 16 a dog.
        min_score: least score.
        device: e.g. 'cuda:0'.

    Raises:
        ValueError: no config or checkpoint, a score that is none.
        ImportError: see ``mmdet_detector``.
    """

    margin = 1.2

    def __init__(self, config: str | None = None, checkpoint: str | None = None,
                 classes: int | Sequence[int] = (0,), min_score: float = 0.3, device: str = 'cpu'
                 ) -> None:
        super().__init__()
        if config is None or checkpoint is None:
            raise ValueError('the detector crop needs --crop-options config=FILE checkpoint=FILE')
        if not 0 <= min_score <= 1:
            raise ValueError(f'min_score is in [0, 1], got {min_score}')
        self.classes = np.atleast_1d(np.asarray(classes, np.int64))
        self.min_score = float(min_score)
        self._detect = mmdet_detector(config, checkpoint, device)

    def candidates(self, frame: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """See ``FollowingCropper``."""
        boxes, scores, labels = self._detect(frame)
        good = ((scores >= self.min_score) & np.isin(labels, self.classes)
                & (boxes[:, 2:] > boxes[:, :2]).all(axis=1))
        return boxes[good], scores[good], boxes[good]
