"""eta, with its inverse beta: skeleton image to named keypoints and back.

Paper: Jakab et al., CVPR 2020 (arXiv 1907.02055), section 3.2.
"""
from __future__ import annotations

from typing import Optional

from mmpose.models.heads.base_head import BaseHead
from mmpose.models.utils.tta import flip_coordinates
from mmpose.registry import KEYPOINT_CODECS, MODELS
from mmpose.utils.typing import OptSampleList, Predictions
import torch
from torch import Tensor

from ...ops import marginal_soft_argmax, unit_to_frame
from ...skeletons import get_skeleton
from ..layers import NORMAL_INIT, ConvEncoder, halvings
from .skeleton_renderer import SkeletonRenderer

IN = dict(type='IN', affine=False)


@MODELS.register_module()
class SkeletonHead(BaseHead):
    """Regress keypoints from a skeleton image; owns the renderer of the same topology.

    As an MMPose head: ``forward`` gives one tensor (N, K, 2) in [0, 1], fractions of the network's
    input frame, which the ``RegressionLabel`` codec multiplies by its size.

    Args:
        skeleton: topology: a name, a dict(name, joints, edges), or a path to an MMPose meta file
            (:func:`ikp_mm.skeletons.get_skeleton`).
        skeleton_size (int): side S of the skeleton image.
        heatmap_size (int): side of the heatmaps, S divided by a power of two (reference: S / 8).
        base_channels (int): width of the first stage (reference: 32).
        in_channels (int): channels of the skeleton image.
        norm_cfg (dict | None): norm layer; InstanceNorm without affine as the reference.
        renderer (dict | None): ``sigma`` and ``falloff`` of :class:`SkeletonRenderer`.
        loss (dict): keypoint loss for supervised training on [0, 1] coordinates.
        decoder (dict | None): codec that turns the output into pixels.
        init_cfg: initialisation; ``dict(type='Pretrained', checkpoint=..., prefix='head.')`` loads
            a file.
    """

    def __init__(self, skeleton, skeleton_size: int = 128, heatmap_size: int = 16,
                 base_channels: int = 32, in_channels: int = 1, norm_cfg: Optional[dict] = IN,
                 renderer: Optional[dict] = None,
                 loss: dict = dict(type='SmoothL1Loss', use_target_weight=True),
                 decoder: Optional[dict] = None, init_cfg=NORMAL_INIT) -> None:
        super().__init__(init_cfg)
        self.skeleton = get_skeleton(skeleton)
        self.renderer = SkeletonRenderer(self.skeleton.edges, skeleton_size, **(renderer or {}))
        self.encoder = ConvEncoder(
            in_channels, self.skeleton.num_joints, base_channels,
            halvings(skeleton_size, heatmap_size, 'skeleton_size to heatmap_size'), norm_cfg,
            max_channels=base_channels * 8)
        self.loss_module = MODELS.build(loss)
        self.decoder = KEYPOINT_CODECS.build(decoder) if decoder is not None else None

    def keypoints(self, skeletons: Tensor) -> Tensor:
        """eta: skeleton images (N, 1, S, S) in [-1, 1] -> (N, K, 2) unit coordinates [-1, 1]."""
        return marginal_soft_argmax(self.encoder(skeletons))

    def render(self, keypoints: Tensor, visible: Optional[Tensor] = None) -> Tensor:
        """beta: (N, K, 2) unit coordinates -> skeleton images (N, 1, S, S) in [-1, 1]."""
        return self.renderer(keypoints, visible)

    def forward(self, feats: tuple[Tensor]) -> Tensor:
        """Last feature map (N, 1, S, S) of the backbone -> keypoints (N, K, 2) in [0, 1]."""
        return unit_to_frame(self.keypoints(feats[-1]))

    def predict(self, feats, batch_data_samples: OptSampleList,
                test_cfg: dict = {}) -> Predictions:
        """Keypoints in pixels of the network's input frame.

        Args:
            feats: backbone output, or [output, output for the mirrored images] when
                ``test_cfg['flip_test']`` is set.
            batch_data_samples: data samples, read for the flip test alone.
            test_cfg (dict): ``flip_test`` averages both, with joints swapped back.

        Returns:
            list[InstanceData]: with ``keypoints`` (1, K, 2) and ``keypoint_scores`` (1, K).
        """
        if test_cfg.get('flip_test', False):
            direct, mirrored = feats
            meta = batch_data_samples[0].metainfo
            flipped_back = flip_coordinates(
                self.forward(mirrored), flip_indices=meta['flip_indices'], shift_coords=True,
                input_size=meta['input_size'])
            keypoints = (self.forward(direct) + flipped_back) / 2
        else:
            keypoints = self.forward(feats)
        return self.decode(keypoints.unsqueeze(1))

    def loss(self, feats: tuple[Tensor], batch_data_samples: OptSampleList,
             train_cfg: dict = {}) -> dict:
        """Supervised loss, for baselines that train Phi and eta with labels.

        Returns:
            dict: ``loss_kpt``, and ``error_percent``, the mean distance over labelled joints in
            percent of the frame side.
        """
        predicted = self.forward(feats)
        labels = torch.cat([s.gt_instance_labels.keypoint_labels for s in batch_data_samples])
        weights = torch.cat([s.gt_instance_labels.keypoint_weights for s in batch_data_samples])
        loss = self.loss_module(predicted, labels, weights.unsqueeze(-1))
        distance = (predicted.detach() - labels).norm(dim=-1)
        error = 100 * (distance * weights).sum() / weights.sum().clamp(min=1)
        return dict(loss_kpt=loss, error_percent=error)

