"""What the estimators of unnamed points share: frame pairs in, one optimizer step out."""
from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor

from ikp_mm.models.pose_estimators.frame_pair_estimator import FramePairEstimator
from ikp_mm.ops import random_similarities, transform_images
from ikp_mm.structures import FramePairs


class UnnamedPointEstimator(FramePairEstimator):
    """A top-down pose estimator whose points carry no names, trained on frame pairs.

    Training batches are those of ``FramePairDataset``; validation and test batches are MMPose's
    labelled ones, and ``predict`` gives as many points as the head has, whatever is labelled.
    Subclasses implement :meth:`losses`.

    Args:
        backbone, head, data_preprocessor, train_cfg, test_cfg, metainfo, init_cfg: as in
            ``TopdownPoseEstimator``; ``head`` is a ``GaussianPointHead``.
        channels_last (bool): as in :class:`FramePairEstimator`.
    """

    @abstractmethod
    def losses(self, pairs: FramePairs) -> dict[str, Tensor]:
        """Losses of one batch: names that begin with ``loss`` are summed, all are logged."""

    def features_also_moved(self, images: Tensor, warp: dict) -> tuple[Tensor, Tensor]:
        """Features of N frames (N, 3, S, S), then of the same frames moved, (2N, C, F, F), and the
        similarities that moved them, (N, 2, 3), drawn by ``random_similarities(**warp)``."""
        transforms = random_similarities(len(images), **warp).to(images, non_blocking=True)
        moved = transform_images(images, transforms)
        # One pass: batch normalisation sees the frames and the moved frames together.
        both = torch.cat([images, moved]).contiguous(memory_format=self.memory_format)
        return self.backbone(both)[-1], transforms

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
