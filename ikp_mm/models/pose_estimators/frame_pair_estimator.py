"""What every estimator that learns from frame pairs shares: how a batch of them is read."""
from __future__ import annotations

from typing import Optional

import torch
from mmpose.models.pose_estimators import TopdownPoseEstimator
from torch import Tensor

from ...structures import FramePairs
from ..pretrained import check_pretrained


class FramePairEstimator(TopdownPoseEstimator):
    """A top-down pose estimator whose training batches are those of ``FramePairDataset``.

    Args:
        backbone, head, train_cfg, test_cfg, data_preprocessor, init_cfg, metainfo: as in
            ``TopdownPoseEstimator``; a file that an ``init_cfg`` of type ``Pretrained`` names must
            hold all weights of its module (:func:`ikp_mm.models.pretrained.check_pretrained`).
        channels_last (bool): keep weights and images channels-last, which CPUs convolve faster;
            subclasses convert what they build.
        neck (dict | None): as in ``TopdownPoseEstimator``, between backbone and head.
    """

    def __init__(self, backbone: dict, head: dict, channels_last: bool = False,
                 train_cfg: Optional[dict] = None, test_cfg: Optional[dict] = None,
                 data_preprocessor: Optional[dict] = None, init_cfg=None,
                 metainfo: Optional[dict] = None, neck: Optional[dict] = None) -> None:
        super().__init__(backbone=backbone, neck=neck, head=head, train_cfg=train_cfg,
                         test_cfg=test_cfg, data_preprocessor=data_preprocessor,
                         init_cfg=init_cfg, metainfo=metainfo)
        self.memory_format = torch.channels_last if channels_last else torch.contiguous_format

    def init_weights(self) -> None:
        """As the host's, after a check of the files that ``init_cfg`` names."""
        if not self.is_init:
            check_pretrained(self)
        super().init_weights()

    def prepare_pairs(self, batch: dict) -> FramePairs:
        """Collated ``FramePairDataset`` samples (uint8 BGR) to normalised tensors."""
        images, targets, appearances = (
            self.normalise(batch[key]) for key in ('image', 'target', 'appearance'))
        cast = self.data_preprocessor.cast_data
        pairs = FramePairs(images, targets, appearances, cast(batch['weight']))
        if 'scene' in batch:
            pairs.scenes, pairs.colours, pairs.motion = (
                cast(batch[key]).float() for key in ('scene', 'colours', 'motion'))
            if self.data_preprocessor._channel_conversion:
                pairs.scenes, pairs.colours = pairs.scenes.flip(1), pairs.colours.flip(-1)
        return pairs

    def normalise(self, images: Tensor) -> Tensor:
        """What the data preprocessor does to a batch, for tensors without data samples."""
        images = self.data_preprocessor.cast_data(images)
        if self.data_preprocessor._channel_conversion:
            images = images.flip(1)
        images = (images.float() - self.data_preprocessor.mean) / self.data_preprocessor.std
        return images.contiguous(memory_format=self.memory_format)

    def to_rgb(self, images: Tensor) -> Tensor:
        """Undo the normalisation: RGB in 0-255."""
        return images * self.data_preprocessor.std + self.data_preprocessor.mean
