"""IMM: K unnamed points by conditional image generation.

Paper: Jakab, Gupta, Bilen, Vedaldi, "Unsupervised Learning of Object Landmarks through Conditional
Image Generation", NeurIPS 2018 (arXiv 1806.07823).

    x --encoder, 1x1--> heatmaps --soft-argmax--> p --Gaussians--> maps --+
                                                                       Psi --> x^ ~ x
                                                         x' --------------+

Deviations: Psi is KeypointGAN's (the maps pass two convolutions before they meet the appearance
features); the reconstruction loss is KeypointGAN's perceptual loss, whose features a config names.
"""
from __future__ import annotations

from typing import Optional

import torch
from mmpose.registry import MODELS
from torch import Tensor

from ikp_mm.structures import FramePairs

from .unnamed_points import UnnamedPointEstimator


@MODELS.register_module()
class IMM(UnnamedPointEstimator):
    """Points are what it takes to redraw frame x' in the pose of frame x.

    ``loss = perceptual(Psi(G(p(x)), x'), x)``: nothing of x but the K points reaches Psi, and x'
    knows the appearance but not the pose.

    Args:
        generator (dict): Psi, a ``ConditionalImageGenerator`` with ``skeleton_channels`` = K.
        loss_reconstruction (dict): :class:`PerceptualLoss`.
        backbone, head, channels_last, train_cfg, test_cfg, data_preprocessor, init_cfg, metainfo:
            see :class:`UnnamedPointEstimator`.
    """

    def __init__(self, backbone: dict, head: dict, generator: dict,
                 loss_reconstruction: dict = dict(type='PerceptualLoss'),
                 channels_last: bool = False, train_cfg: Optional[dict] = None,
                 test_cfg: Optional[dict] = None, data_preprocessor: Optional[dict] = None,
                 init_cfg=None, metainfo: Optional[dict] = None) -> None:
        super().__init__(backbone, head, channels_last, train_cfg, test_cfg, data_preprocessor,
                         init_cfg, metainfo)
        self.generator = MODELS.build(generator)
        self.loss_reconstruction = MODELS.build(loss_reconstruction)
        self.to(memory_format=self.memory_format)

    def reconstruct(self, points: Tensor, appearances: Tensor) -> Tensor:
        """Points (N, K, 2) and normalised frames (N, 3, W, W) -> frames in the points' pose."""
        return self.generator(self.head.render(points), appearances)

    def losses(self, pairs: FramePairs) -> dict[str, Tensor]:
        """``loss_reconstruction``; ``point_motion``, how far points move over the batch.

        The latter is the root mean square distance of a point from its mean place, in percent of
        the frame's side: near 0 the points are painted on the frame.
        """
        points = self.head.keypoints(self.backbone(pairs.images)[-1])
        drawn = self.reconstruct(points, pairs.appearances)
        spread = (points.detach() - points.detach().mean(dim=0)).square().sum(dim=-1).mean()
        return dict(
            loss_reconstruction=self.loss_reconstruction(
                self.to_rgb(drawn), self.to_rgb(pairs.targets)),
            point_motion=50 * torch.sqrt(spread))
