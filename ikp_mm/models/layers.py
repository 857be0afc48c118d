"""Convolutional stages shared by Phi, eta and Psi.

Source: the encoder and decoder of Jakab et al., NeurIPS 2018, as released with arXiv 1907.02055:
a 7x7 stem, then stages of a stride-2 and a stride-1 3x3 convolution that double the width.
"""
from __future__ import annotations

from typing import Optional

from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from torch import Tensor, nn

BN = dict(type='BN')
# The release's InstanceNorm: no scale, no shift, no running statistics.
IN = dict(type='IN', affine=False)
# The reference's normal init; Norm layers start near identity.
NORMAL_INIT = [
    dict(type='Normal', layer=['Conv2d', 'Linear'], std=0.02, bias=0),
    dict(type='Normal', layer=['BatchNorm2d', 'SyncBatchNorm'], mean=1.0, std=0.02, bias=0),
]


def conv_pair(in_channels: int, out_channels: int, stride: int, norm_cfg: Optional[dict],
              first_kernel: int = 3) -> nn.Sequential:
    """Two convolutions, each followed by norm and ReLU; the first one may stride."""
    return nn.Sequential(
        ConvModule(in_channels, out_channels, first_kernel, stride=stride,
                   padding=first_kernel // 2, norm_cfg=norm_cfg),
        ConvModule(out_channels, out_channels, 3, padding=1, norm_cfg=norm_cfg))


def halvings(size: int, smaller: int, name: str) -> int:
    """How many times ``size`` must be halved to reach ``smaller``.

    Raises:
        ValueError: naming ``name``, when it cannot be reached by halving.
    """
    count, current = 0, size
    while current > smaller and current % 2 == 0:
        current //= 2
        count += 1
    if current != smaller:
        raise ValueError(f'{name}: {size} cannot be halved down to {smaller}')
    return count


class ConvEncoder(BaseModule):
    """Image to features at ``1 / 2**num_downs`` of its side (the reference's encoder).

    Args:
        in_channels (int): channels of the input.
        out_channels (int): channels of the output, made by a last 1x1 convolution without norm.
        base_channels (int): width of the stem; doubled at every halving.
        num_downs (int): number of stride-2 stages.
        norm_cfg (dict | None): norm layer; None for none.
        max_channels (int): widths stop doubling there.
        init_cfg (dict | list | None): initialisation, the reference's N(0, 0.02) by default.
    """

    def __init__(self, in_channels: int, out_channels: int, base_channels: int = 32,
                 num_downs: int = 3, norm_cfg: Optional[dict] = BN, max_channels: int = 256,
                 init_cfg=NORMAL_INIT) -> None:
        super().__init__(init_cfg)
        width = base_channels
        stages = [conv_pair(in_channels, width, 1, norm_cfg, first_kernel=7)]
        for _ in range(num_downs):
            wider = min(2 * width, max_channels)
            stages.append(conv_pair(width, wider, 2, norm_cfg))
            width = wider
        self.stages = nn.Sequential(*stages)
        self.project = nn.Conv2d(width, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, S, S) -> (N, out_channels, S / 2**num_downs, ...)."""
        return self.project(self.stages(x))
