"""Prediction by an MMPose model."""
from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmpose.codecs import RegressionLabel

from ikp_mm.models import SkeletonHead

from .checkpoints import build_detector, read_checkpoint
from .predictor import Predictor


class CheckpointPredictor(Predictor):
    """Phi and eta of a checkpoint, as MMPose runs them.

    Args:
        path, config, device: see ``loading.load_predictor``.

    Attributes:
        model: the MMPose model; ``mmpose.apis.inference_topdown`` takes it too.
    """

    def __init__(self, path: str | Path, config: str | Path | Config | None = None,
                 device: str = 'cpu') -> None:
        detector = build_detector(read_checkpoint(path, config), device)
        self.model = detector.model
        pipeline = detector.config.test_dataloader.dataset.pipeline
        sizes = [step['input_size'] for step in pipeline if step['type'] == 'TopdownAffine']
        if len(sizes) != 1:
            raise ValueError(f'the test pipeline of {path} must have one TopdownAffine, it has '
                             f"{[step['type'] for step in pipeline]}")
        head = self.model.head
        # MMPose's regression codec makes every score 1.
        has_scores = (isinstance(head, SkeletonHead)
                      or not isinstance(head.decoder, RegressionLabel))
        super().__init__(detector.skeleton, sizes[0], has_scores, pipeline,
                         self.model.dataset_meta)

    @torch.no_grad()
    def _run(self, batch: dict) -> tuple[np.ndarray, np.ndarray]:
        found = [sample.pred_instances for sample in self.model.test_step(batch)]
        return (np.concatenate([instances.keypoints for instances in found]),
                np.concatenate([instances.keypoint_scores for instances in found]))
