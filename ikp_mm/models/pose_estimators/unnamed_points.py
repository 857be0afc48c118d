"""What the estimators of unnamed points share: frame pairs in, one optimizer step out."""
from __future__ import annotations

from abc import abstractmethod
from typing import Optional

import torch
from mmpose.models.pose_estimators import TopdownPoseEstimator
from torch import Tensor

from ...structures import FramePairs


class UnnamedPointEstimator(TopdownPoseEstimator):
    """A top-down pose estimator whose points carry no names, trained on frame pairs.

    Training batches are those of ``FramePairDataset``; validation and test batches are MMPose's
    labelled ones, and ``predict`` gives as many points as the head has, whatever is labelled.
    Subclasses implement :meth:`losses`.

    Args:
        backbone, head, data_preprocessor, train_cfg, test_cfg, metainfo, init_cfg: as in
            ``TopdownPoseEstimator``; ``head`` is a ``GaussianPointHead``.
        channels_last (bool): keep weights and images channels-last, which CPUs convolve faster.
    """

    def __init__(self, backbone: dict, head: dict, channels_last: bool = False,
                 train_cfg: Optional[dict] = None, test_cfg: Optional[dict] = None,
                 data_preprocessor: Optional[dict] = None, init_cfg=None,
                 metainfo: Optional[dict] = None) -> None:
        super().__init__(backbone=backbone, head=head, train_cfg=train_cfg, test_cfg=test_cfg,
                         data_preprocessor=data_preprocessor, init_cfg=init_cfg,
                         metainfo=metainfo)
        self.memory_format = torch.channels_last if channels_last else torch.contiguous_format

    def prepare_pairs(self, batch: dict) -> FramePairs:
        """Collated ``FramePairDataset`` samples (uint8 BGR) to normalised tensors."""
        images, targets, appearances = (
            self._normalise(batch[key]) for key in ('image', 'target', 'appearance'))
        return FramePairs(images, targets, appearances,
                          self.data_preprocessor.cast_data(batch['weight']))

    def _normalise(self, images: Tensor) -> Tensor:
        """What the data preprocessor does to a batch, for tensors without data samples."""
        images = self.data_preprocessor.cast_data(images)
        if self.data_preprocessor._channel_conversion:
            images = images.flip(1)
        images = (images.float() - self.data_preprocessor.mean) / self.data_preprocessor.std
        return images.contiguous(memory_format=self.memory_format)

    def to_rgb(self, images: Tensor) -> Tensor:
        """Undo the normalisation: RGB in 0-255."""
        return images * self.data_preprocessor.std + self.data_preprocessor.mean

    @abstractmethod
    def losses(self, pairs: FramePairs) -> dict[str, Tensor]:
        """Losses of one batch: names that begin with ``loss`` are summed, all are logged."""

    def train_step(self, data: dict, optim_wrapper) -> dict:
        """One iteration on a batch of frame pairs.

        Returns:
            dict: scalars to log, their sum as ``loss``.
        """
        with optim_wrapper.optim_context(self):
            losses = self.losses(self.prepare_pairs(data))
        total, logs = self.parse_losses(losses)
        optim_wrapper.update_params(total)
        return logs
