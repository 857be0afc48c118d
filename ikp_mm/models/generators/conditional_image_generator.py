"""Psi: skeleton image and appearance frame to reconstructed frame.

Paper: Jakab et al., CVPR 2020 (arXiv 1907.02055), section 3, after Jakab et al., NeurIPS 2018:
two encoders whose features are concatenated and decoded.
Deviation: skeleton and image may differ in size; output activation is an option.
"""
from __future__ import annotations

from typing import Optional

import torch
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn

from ..backbones.skeleton_unet import ACTIVATIONS
from ..layers import BN, NORMAL_INIT, ConvEncoder, conv_pair, halvings


@MODELS.register_module()
class ConditionalImageGenerator(BaseModule):
    """Redraw the appearance frame in the pose of a skeleton image.

    Args:
        image_size (int): side W of the images.
        skeleton_size (int): side S of the skeleton image.
        feature_size (int): side F of the feature maps where both meet (reference: W / 8).
        base_channels (int): width of the encoders' stems (reference: 32); the features and the
            decoder's first stage have ``base_channels * W / F`` channels.
        out_channels (int): image channels.
        skeleton_channels (int): channels of the skeleton image; K for K Gaussian maps (IMM).
        norm_cfg (dict | None): norm layer of every stage.
        output_activation (str): ``'linear'`` (reference) or ``'tanh'``.
        init_cfg: initialisation.

    Raises:
        ValueError: sizes that halving cannot connect, unknown activation.
    """

    def __init__(self, image_size: int = 128, skeleton_size: int = 128, feature_size: int = 16,
                 base_channels: int = 32, out_channels: int = 3, skeleton_channels: int = 1,
                 norm_cfg: Optional[dict] = BN, output_activation: str = 'linear',
                 init_cfg=NORMAL_INIT) -> None:
        super().__init__(init_cfg)
        if output_activation not in ACTIVATIONS:
            raise ValueError(f'output_activation must be one of {sorted(ACTIVATIONS)}, '
                             f'got {output_activation!r}')
        image_downs = halvings(image_size, feature_size, 'image_size to feature_size')
        skeleton_downs = halvings(skeleton_size, feature_size, 'skeleton_size to feature_size')
        width = base_channels * 2**image_downs
        self.appearance_encoder = ConvEncoder(
            out_channels, width, base_channels, image_downs, norm_cfg, max_channels=width)
        # As wide as the appearance encoder where both meet, whatever the skeleton's size.
        self.skeleton_encoder = ConvEncoder(
            skeleton_channels, width, width // 2**skeleton_downs, skeleton_downs, norm_cfg,
            max_channels=width)
        stages: list[nn.Module] = [conv_pair(2 * width, width, 1, norm_cfg)]
        for step in range(image_downs):
            stages.append(nn.Upsample(scale_factor=2, mode='bilinear', align_corners=False))
            narrower = width // 2
            if step < image_downs - 1:
                stages.append(conv_pair(width, narrower, 1, norm_cfg))
            else:
                stages.append(ConvModule(width, narrower, 3, padding=1, norm_cfg=norm_cfg))
            width = narrower
        self.decoder = nn.Sequential(*stages)
        self.output = nn.Conv2d(width, out_channels, 3, padding=1)
        self.activation = ACTIVATIONS[output_activation]()

    def forward(self, skeletons: Tensor, appearances: Tensor) -> Tensor:
        """Reconstruct.

        Args:
            skeletons (Tensor): rendered skeleton images (N, 1, S, S) in [-1, 1], or as many
                maps (N, C, S, S) as ``skeleton_channels``.
            appearances (Tensor): normalised appearance frames (N, 3, W, W).

        Returns:
            Tensor: reconstructed frames (N, 3, W, W), normalised like the appearance frames.
        """
        features = torch.cat(
            [self.skeleton_encoder(skeletons), self.appearance_encoder(appearances)], dim=1)
        return self.activation(self.output(self.decoder(features)))
