"""D: does this image look like a skeleton?

Paper: Jakab et al., CVPR 2020 (arXiv 1907.02055), section 3.1: the patch discriminator of
CycleGAN (Zhu et al., ICCV 2017) at three scales, one network each.
"""
from __future__ import annotations

from typing import Optional, Sequence

from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional as F

from ..layers import IN, NORMAL_INIT, halvings

LEAKY = dict(type='LeakyReLU', negative_slope=0.2)


def _patch_network(base_channels: int, num_strided: int, norm_cfg: Optional[dict],
                   in_channels: int) -> nn.Sequential:
    """4x4 convolutions: ``num_strided`` with stride 2, then two with stride 1 (one score map)."""
    layers = [ConvModule(in_channels, base_channels, 4, 2, 1, norm_cfg=None, act_cfg=LEAKY)]
    width = base_channels
    for depth in range(1, num_strided + 1):
        wider = base_channels * min(2**depth, 8)
        layers.append(
            ConvModule(width, wider, 4, 2 if depth < num_strided else 1, 1, norm_cfg=norm_cfg,
                       act_cfg=LEAKY))
        width = wider
    layers.append(nn.Conv2d(width, 1, 4, 1, 1))
    return nn.Sequential(*layers)


def _score_size(size: int, num_strided: int) -> int:
    """Side of the score map for an input of side ``size``."""
    return size // 2**num_strided - 2


@MODELS.register_module()
class MultiScalePatchDiscriminator(BaseModule):
    """Patch scores of a skeleton image at several scales.

    Args:
        skeleton_size (int): side S of the skeleton images.
        base_channels (int): width of the first layer (reference: 64).
        scales (Sequence[float]): image scales, 1 divided by powers of two; one network each.
        num_strided (int | Sequence[int]): stride-2 layers, of all scales or of each
            (reference: 3).
        norm_cfg (dict | None): norm layer; InstanceNorm without affine as the reference.
        in_channels (int): channels of a skeleton image.
        init_cfg: initialisation.

    Raises:
        ValueError: a scale at which the image is too small for its network.
    """

    def __init__(self, skeleton_size: int = 128, base_channels: int = 64,
                 scales: Sequence[float] = (1, 0.5, 0.25), num_strided=3,
                 norm_cfg: Optional[dict] = IN, in_channels: int = 1,
                 init_cfg=NORMAL_INIT) -> None:
        super().__init__(init_cfg)
        strided = [num_strided] * len(scales) if isinstance(num_strided, int) else num_strided
        if len(strided) != len(scales):
            raise ValueError(f'num_strided={num_strided} must give one number for each of '
                             f'the {len(scales)} scales')
        self.sizes = []
        for scale, depth in zip(scales, strided):
            size = int(skeleton_size * scale)
            halvings(skeleton_size, size, 'skeleton_size to its scales')
            if _score_size(size, depth) < 1:
                raise ValueError(f'a {size} px image (scale {scale}) leaves no score after '
                                 f'{depth} stride-2 layers: lower num_strided or drop the scale')
            self.sizes.append(size)
        self.networks = nn.ModuleList(
            _patch_network(base_channels, depth, norm_cfg, in_channels) for depth in strided)

    def forward(self, skeletons: Tensor) -> list[Tensor]:
        """(N, 1, S, S) skeleton images in [-1, 1] -> one (N, 1, s, s) score map per scale."""
        scores = []
        for size, network in zip(self.sizes, self.networks):
            scaled = skeletons
            if size != skeletons.shape[-1]:
                scaled = F.interpolate(skeletons, size=(size, size), mode='bilinear',
                                       align_corners=False)
            scores.append(network(scaled))
        return scores
