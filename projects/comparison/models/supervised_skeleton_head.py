"""eta trained with labels, for the supervised baseline: Phi is told what to draw, too."""
from __future__ import annotations

import torch
from mmpose.registry import MODELS
from mmpose.utils.typing import OptSampleList
from torch import Tensor

from ikp_mm.models import SkeletonHead
from ikp_mm.ops import frame_to_unit


@MODELS.register_module()
class SupervisedSkeletonHead(SkeletonHead):
    """``SkeletonHead`` whose supervised loss has a second term, ``mean (y - beta(p*))^2``.

    Through coordinates alone Phi gets a few numbers an image to learn from; the drawing of the
    labels p* names the right value of each pixel of y. Same weights, same predictions.

    Args:
        drawing_weight (float): weight of the second term.
        skeleton, options: as :class:`SkeletonHead`.
    """

    def __init__(self, skeleton, drawing_weight: float = 1.0, **options) -> None:
        super().__init__(skeleton, **options)
        self.drawing_weight = drawing_weight

    def loss(self, feats: tuple[Tensor], batch_data_samples: OptSampleList,
             train_cfg: dict = {}) -> dict:
        """As the parent's, with ``loss_drawing``."""
        labels = torch.cat([s.gt_instance_labels.keypoint_labels for s in batch_data_samples])
        weights = torch.cat([s.gt_instance_labels.keypoint_weights for s in batch_data_samples])
        drawings = self.render(frame_to_unit(labels), weights > 0)
        losses = super().loss(feats, batch_data_samples, train_cfg)
        losses['loss_drawing'] = self.drawing_weight * (feats[-1] - drawings).square().mean()
        return losses
