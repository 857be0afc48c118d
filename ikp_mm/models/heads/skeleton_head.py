"""eta, with its inverse beta: skeleton image to named keypoints and back.

Paper: Jakab et al., CVPR 2020 (arXiv 1907.02055), section 3.2.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Optional

from mmpose.models.heads.base_head import BaseHead
from mmpose.models.utils.tta import flip_coordinates
from mmpose.registry import KEYPOINT_CODECS, MODELS
from mmpose.utils.typing import OptSampleList, Predictions
import torch
from torch import Tensor

from ...ops import (joint_scores, local_disagreement, marginal_soft_argmax, shift_images,
                    unit_to_frame)
from ...skeletons import get_skeleton
from ..layers import IN, NORMAL_INIT, ConvEncoder, halvings
from .skeleton_renderer import SkeletonRenderer

SHIFTS = ((1, 0), (-1, 0), (0, 1), (0, -1))  # right, left, down, up


class Probe(NamedTuple):
    """Keypoints of a skeleton image, and the measurements that their scores are made of.

    Attributes:
        keypoints (Tensor): (N, K, 2) in [0, 1], fractions of the frame.
        disagreement (Tensor): (N, K) in [0, 1], :func:`ikp_mm.ops.local_disagreement`.
        displacements (Tensor): (5, N, K), fractions of the frame's side: how far each joint of
            beta(eta(y)), and of y moved right, left, down and up (and back), lies from that of y.
    """

    keypoints: Tensor
    disagreement: Tensor
    displacements: Tensor


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
        self.in_channels = in_channels
        self.renderer = SkeletonRenderer(self.skeleton.edges, skeleton_size, **(renderer or {}))
        self.encoder = ConvEncoder(
            in_channels, self.skeleton.num_joints, base_channels,
            halvings(skeleton_size, heatmap_size, 'skeleton_size to heatmap_size'), norm_cfg,
            max_channels=base_channels * 8)
        self.loss_module = MODELS.build(loss)
        self.decoder = KEYPOINT_CODECS.build(decoder) if decoder is not None else None
        # Derived from the topology: no training state, so not in checkpoints.
        self.register_buffer('has_edge', torch.tensor(
            [joint not in self.skeleton.joints_without_edge for joint in self.skeleton.joints]),
            persistent=False)
        self.register_buffer('swap', torch.tensor(self.skeleton.swap_indices), persistent=False)

    def keypoints(self, skeletons: Tensor) -> Tensor:
        """eta: skeleton images (N, 1, S, S) in [-1, 1] -> (N, K, 2) unit coordinates [-1, 1]."""
        return marginal_soft_argmax(self.encoder(skeletons))

    def render(self, keypoints: Tensor, visible: Optional[Tensor] = None) -> Tensor:
        """beta: (N, K, 2) unit coordinates -> skeleton images (N, 1, S, S) in [-1, 1]."""
        return self.renderer(keypoints, visible)

    def forward(self, feats: tuple[Tensor]) -> Tensor:
        """Last feature map (N, 1, S, S) of the backbone -> keypoints (N, K, 2) in [0, 1]."""
        return unit_to_frame(self.keypoints(feats[-1]))

    def probe(self, skeletons: Tensor) -> Probe:
        """Read skeleton images (N, 1, S, S), their drawings, and four shifts of them.

        The shifts are S / 32 pixels, at least one: a fraction of a heatmap cell, so that the answer
        must be interpolated.

        Raises:
            ValueError: the head reads images of several channels, which beta does not draw.
        """
        if self.in_channels != 1:
            raise ValueError('keypoint scores compare skeleton images with drawings, which have '
                             f'one channel; this head has in_channels={self.in_channels}')
        keypoints = self.keypoints(skeletons)
        rendered = self.render(keypoints)
        size = self.renderer.size
        pixels = max(1, size // 32)
        shifts = [(pixels * right, pixels * down) for right, down in SHIFTS]
        variants = torch.cat([rendered, *(shift_images(skeletons, *shift) for shift in shifts)])
        # In unit coordinates.
        moved = 2 / size * keypoints.new_tensor([(0, 0), *shifts])[:, None, None]
        again = self.keypoints(variants).reshape(len(moved), -1, *keypoints.shape[1:]) - moved
        return Probe(
            unit_to_frame(keypoints),
            local_disagreement(skeletons, rendered, keypoints, self.has_edge),
            (again - keypoints).norm(dim=-1) / 2)  # a side spans two units

    def scores(self, skeletons: Tensor) -> Tensor:
        """How sure each joint is: skeleton images (N, 1, S, S) in [-1, 1] -> (N, K) in [0, 1]."""
        return self.forward_with_scores((skeletons, ))[1]

    def forward_with_scores(self, feats: tuple[Tensor]) -> tuple[Tensor, Tensor]:
        """Backbone output -> what ``forward`` gives, (N, K, 2) in [0, 1], and scores (N, K)."""
        probe = self.probe(feats[-1])
        return probe.keypoints, joint_scores(probe.disagreement, probe.displacements.mean(dim=0))

    def flip_test(self, feats: tuple[Tensor], mirrored_feats: tuple[Tensor],
                  flip_indices: Sequence[int], input_width: int) -> tuple[Tensor, Tensor]:
        """Means over both passes; their difference is one more displacement in the scores.

        Args:
            feats, mirrored_feats: backbone output for the images, and for the mirrored images.
            flip_indices: mirror partner of each joint.
            input_width (int): of the images, pixels: mirroring takes x to ``width - 1 - x``.

        Returns:
            tuple[Tensor, Tensor]: keypoints (N, K, 2) in [0, 1], scores (N, K) in [0, 1].
        """
        direct, mirrored = self.probe(feats[-1]), self.probe(mirrored_feats[-1])
        partners = list(flip_indices)
        back = flip_coordinates(mirrored.keypoints, flip_indices=partners, shift_coords=True,
                                input_size=(input_width, input_width))
        displacements = torch.cat([
            direct.displacements, mirrored.displacements[..., partners],
            (direct.keypoints - back).norm(dim=-1)[None]])
        disagreement = (direct.disagreement + mirrored.disagreement[:, partners]) / 2
        return ((direct.keypoints + back) / 2,
                joint_scores(disagreement, displacements.mean(dim=0)))

    def predict(self, feats, batch_data_samples: OptSampleList,
                test_cfg: dict = {}) -> Predictions:
        """Keypoints in pixels of the network's input frame.

        Args:
            feats: backbone output, or [output, output for the mirrored images] when
                ``test_cfg['flip_test']`` is set.
            batch_data_samples: data samples, read for the flip test alone.
            test_cfg (dict): ``flip_test`` averages both, with joints swapped back.

        Returns:
            list[InstanceData]: with ``keypoints`` (1, K, 2) and ``keypoint_scores`` (1, K),
            float32 in [0, 1], higher is surer (docs/using_a_model.md).
        """
        if test_cfg.get('flip_test', False):
            meta = batch_data_samples[0].metainfo
            keypoints, scores = self.flip_test(*feats, meta['flip_indices'], meta['input_size'][0])
        else:
            keypoints, scores = self.forward_with_scores(feats)
        predictions = self.decode(keypoints.unsqueeze(1))
        for prediction, row in zip(predictions, scores.detach().cpu().float().numpy()):
            prediction.keypoint_scores = row[None]
        return predictions

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

