"""MMPose's stacked hourglass with a stem for small images.

Paper: Newell, Yang, Deng, "Stacked Hourglass Networks for Human Pose Estimation", ECCV 2016.
Deviation: the stem. MMPose's halves the image twice (16 px heatmaps from a 64 px image) and is 256
channels wide whatever its options.
"""
from __future__ import annotations

from typing import Sequence

from mmcv.cnn import ConvModule
from mmpose.models.backbones.hourglass import HourglassNet
from mmpose.models.backbones.resnet import BasicBlock, ResLayer
from mmpose.registry import MODELS
from torch import nn

from ..layers import BN


@MODELS.register_module()
class NarrowHourglassNet(HourglassNet):
    """``HourglassNet`` whose stem halves the image once, to ``stage_channels[0]`` channels.

    Args:
        downsample_times (int): halvings inside an hourglass.
        num_stacks (int): number of hourglasses.
        stage_channels (Sequence[int]): width at each resolution inside an hourglass,
            ``downsample_times + 1`` or more; the first is the stem's too.
        stage_blocks (Sequence[int]): blocks at each resolution, as many.
        feat_channel (int): channels of each hourglass's output (the head's ``in_channels``).
    """

    def __init__(self, downsample_times: int, num_stacks: int, stage_channels: Sequence[int],
                 stage_blocks: Sequence[int], feat_channel: int) -> None:
        super().__init__(downsample_times, num_stacks, stage_channels, stage_blocks, feat_channel)
        width = stage_channels[0]
        self.stem = nn.Sequential(
            ConvModule(3, width, 7, stride=2, padding=3, norm_cfg=BN),
            ResLayer(BasicBlock, 1, width, width, norm_cfg=BN))
