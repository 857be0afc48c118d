"""Prediction by an MMPose model."""
from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from mmcv.cnn import ConvModule
from mmengine.config import Config
from mmpose.codecs import RegressionLabel
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ikp_mm.models import SkeletonHead

from .checkpoints import build_detector, read_checkpoint
from .predictor import Predictor, to_pixels


def fold_batch_norm(model: nn.Module) -> int:
    """Write BatchNorm, as it is in evaluation mode, into the convolution before it; in place.

    Only inside ``ConvModule``, which says in which order its layers run. Values stay equal to
    rounding; the model cannot be trained, nor its weights loaded, any more. Returns the number of
    layers folded.

    Raises:
        ValueError: a model in training mode.
    """
    if model.training:
        raise ValueError('only a model in evaluation mode can be folded: call eval() first')
    folded = 0
    for module in model.modules():
        if (isinstance(module, ConvModule) and module.order[:2] == ('conv', 'norm')
                and type(module.conv) is nn.Conv2d and not module.with_spectral_norm
                and type(module.norm) is nn.BatchNorm2d and module.norm.track_running_stats):
            module.conv = fuse_conv_bn_eval(module.conv, module.norm)
            setattr(module, module.norm_name, nn.Identity())
            folded += 1
    return folded


class CheckpointPredictor(Predictor):
    """Phi and eta of a checkpoint, as MMPose runs them, BatchNorm folded and, on a CPU, weights
    channels-last: values change by rounding alone.

    Args:
        path, config, device: see ``loading.load_predictor``.
        scores: False leaves the scores out (all 1), which takes eta once in place of six times.

    Attributes:
        model: the MMPose model; ``mmpose.apis.inference_topdown`` takes it too.

    Raises:
        ValueError: ``scores=False`` for a head that has no costly scores, or with ``flip_test``.
    """

    def __init__(self, path: str | Path, config: str | Path | Config | None = None,
                 device: str = 'cpu', scores: bool = True) -> None:
        detector = build_detector(read_checkpoint(path, config), device)
        self.model = detector.model
        fold_batch_norm(self.model)
        if torch.device(device).type == 'cpu':
            self.model.to(memory_format=torch.channels_last)
        head = self.model.head
        ours = isinstance(head, SkeletonHead)
        if not scores and (not ours or self.model.test_cfg.get('flip_test', False)):
            raise ValueError(f'scores=False is for a SkeletonHead without flip_test; {path} has a '
                             f'{type(head).__name__}, test_cfg {self.model.test_cfg}')
        self._leave_out_scores = not scores
        # MMPose's regression codec makes every score 1.
        has_scores = scores and (ours or not isinstance(head.decoder, RegressionLabel))
        super().__init__(detector.skeleton, has_scores,
                         detector.config.test_dataloader.dataset.pipeline, self.model.dataset_meta)

    @torch.inference_mode()
    def _run(self, batch: dict) -> tuple[np.ndarray, np.ndarray]:
        if self._leave_out_scores:
            prepared = self.model.data_preprocessor(batch)
            fractions = self.model.head(self.model.extract_feat(prepared['inputs'])).cpu().numpy()
            return to_pixels(fractions, prepared['data_samples']), np.ones(fractions.shape[:2])
        found = [sample.pred_instances for sample in self.model.test_step(batch)]
        return (np.concatenate([instances.keypoints for instances in found]),
                np.concatenate([instances.keypoint_scores for instances in found]))
