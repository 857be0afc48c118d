"""Phi: image to skeleton image.

Paper: Jakab et al., CVPR 2020 (arXiv 1907.02055), section 3 and appendix (network details).
Source: the released "skip" generator. Deviations: output activation and output stride are
options (the release is linear, stride 1); an unbounded output diverged on some images.
"""
from __future__ import annotations

from typing import Optional

import torch
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional as F

from ..layers import BN, NORMAL_INIT, conv_pair, halvings

ACTIVATIONS = {'tanh': nn.Tanh, 'linear': nn.Identity}


@MODELS.register_module()
class SkeletonUNet(BaseModule):
    """Image-to-image translation network with skip connections.

    Args:
        image_size (int): side W of the (square) input image.
        skeleton_size (int): side S of the skeleton image, W divided by a power of two.
        in_channels (int): channels of the image.
        base_channels (int): width at full resolution; doubled at every halving.
        num_levels (int): number of resolutions, full resolution included (reference: 4).
        norm_cfg (dict | None): norm layer of every stage.
        output_activation (str): ``'tanh'`` keeps the skeleton image in its range (-1, 1),
            ``'linear'`` is the reference.
        init_cfg: initialisation; ``dict(type='Pretrained', checkpoint=...)`` loads a file.

    Raises:
        ValueError: unknown activation, sizes that halving cannot connect, too few levels.
    """

    def __init__(self, image_size: int = 128, skeleton_size: int = 128, in_channels: int = 3,
                 base_channels: int = 32, num_levels: int = 4, norm_cfg: Optional[dict] = BN,
                 output_activation: str = 'tanh', init_cfg=NORMAL_INIT) -> None:
        super().__init__(init_cfg)
        if output_activation not in ACTIVATIONS:
            raise ValueError(f'output_activation must be one of {sorted(ACTIVATIONS)}, '
                             f'got {output_activation!r}')
        out_level = halvings(image_size, skeleton_size, 'image_size to skeleton_size')
        if num_levels < out_level + 2:
            raise ValueError(f'num_levels={num_levels} is too few: a skeleton image at level '
                             f'{out_level} needs at least {out_level + 2}')
        if image_size % 2**(num_levels - 1):
            raise ValueError(f'image_size={image_size} must be divisible by '
                             f'2**(num_levels-1) = {2**(num_levels - 1)}')
        self.image_size, self.skeleton_size = image_size, skeleton_size
        widths = [base_channels * 2**level for level in range(num_levels)]
        self.encoder = nn.ModuleList([conv_pair(in_channels, widths[0], 1, norm_cfg, 7)])
        for narrow, wide in zip(widths, widths[1:]):
            self.encoder.append(conv_pair(narrow, wide, 2, norm_cfg))
        self.bottleneck = conv_pair(widths[-1], widths[-1], 1, norm_cfg)
        # From the coarsest level up to the skeleton's: merge the skip with 1x1, then refine.
        self.merges, self.refines = nn.ModuleList(), nn.ModuleList()
        for level in range(num_levels - 2, out_level - 1, -1):
            self.merges.append(
                nn.Conv2d(widths[level + 1] + widths[level], widths[level + 1], 1, bias=False))
            if level > out_level:
                self.refines.append(conv_pair(widths[level + 1], widths[level], 1, norm_cfg))
            else:
                self.refines.append(
                    ConvModule(widths[level + 1], widths[level], 3, padding=1, norm_cfg=norm_cfg))
        self.output = nn.Conv2d(widths[out_level], 1, 3, padding=1)
        self.activation = ACTIVATIONS[output_activation]()

    def forward(self, images: Tensor) -> tuple[Tensor]:
        """Translate normalised images to skeleton images.

        Args:
            images (Tensor): (N, C, W, W), normalised.

        Returns:
            tuple[Tensor]: one skeleton image (N, 1, S, S), background -1, limbs up to 1; a tuple
            because every MMPose backbone returns one.

        Raises:
            ValueError: images of another size than ``image_size``.
        """
        if images.shape[-2:] != (self.image_size, self.image_size):
            raise ValueError(f'SkeletonUNet was built for {self.image_size} px images, '
                             f'got {tuple(images.shape[-2:])}: check codec.input_size')
        skips = []
        x = images
        for stage in self.encoder:
            x = stage(x)
            skips.append(x)
        x = self.bottleneck(skips.pop())
        for merge, refine in zip(self.merges, self.refines):
            x = F.interpolate(x, scale_factor=2, mode='bilinear', align_corners=False)
            x = refine(merge(torch.cat([x, skips.pop()], dim=1)))
        return (self.activation(self.output(x)), )
