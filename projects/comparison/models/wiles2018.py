"""Wiles et al. 2018 (FAb-Net): an embedding of a face from which to tell how its frame moves.

Paper: Wiles, Koepke, Zisserman, "Self-supervised learning of a facial attribute embedding from
video", BMVC 2018 (arXiv 1808.06882), and its release (oawiles/FAb-Net).

    x' --encoder--> v' --+
                         decoder --> flow; x' sampled along it ~ x
    x  --encoder--> v  --+

The smallest honest version: one source frame. Left out: several sources weighted by attention
masks, the curriculum over hard pairs. Deviations: the encoder of the size of IMM's and one
convolution over all it sees, ReLU in place of leaky ReLU, 64 px in place of 256, Adam in place of
SGD; the source alone is jittered (release: each frame is cropped at its own place), beside the
augmentation that both frames share.
"""
from __future__ import annotations

from typing import Optional

import torch
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional as F

from ikp_mm.models.layers import BN, NORMAL_INIT, halvings
from ikp_mm.ops import random_similarities, transform_images
from ikp_mm.structures import FramePairs

from .unnamed_point_head import UnnamedPointHead
from .unnamed_points import UnnamedPointEstimator

# No flow at first: the source is sampled where it is.
FLOW_INIT = [dict(NORMAL_INIT[0], override=dict(type='Constant', name='flow', val=0, bias=0)),
             NORMAL_INIT[1]]


def sample_along(images: Tensor, flow: Tensor) -> Tensor:
    """Images (N, C, S, S) read at each pixel's place plus its flow (N, 2, S, S), (x, y) in unit
    coordinates (the side is 2); the border is repeated."""
    still = torch.eye(2, 3).to(flow).expand(len(flow), 2, 3)
    grid = F.affine_grid(still, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid + flow.permute(0, 2, 3, 1), padding_mode='border',
                         align_corners=False)


@MODELS.register_module()
class EmbeddingHead(UnnamedPointHead):
    """Features to an embedding of 2M numbers, given as M 'points' (x, y).

    They are no places: a linear map from M points is the paper's linear regressor from the
    embedding, with 2M + 1 unknowns a coordinate (257 for M = 128), and is not determined by fewer
    labelled images. Nothing bounds the numbers, and no step to pixels and back clips them.

    Args:
        in_channels (int): channels of the backbone's features.
        feature_size (int): their side F.
        num_points (int): M (paper: 128, an embedding of 256).
        decoder (dict | None): codec that turns fractions of the frame into pixels
            (``RegressionLabel``).
        init_cfg: initialisation.
    """

    estimators = 'Wiles2018'

    def __init__(self, in_channels: int, feature_size: int, num_points: int = 128,
                 decoder: Optional[dict] = None, init_cfg=NORMAL_INIT) -> None:
        super().__init__(num_points, decoder, init_cfg)
        self.embedding = nn.Conv2d(in_channels, 2 * num_points, feature_size)

    def embed(self, features: Tensor) -> Tensor:
        """Features (N, C, F, F) -> embeddings (N, 2M)."""
        return self.embedding(features).flatten(1)

    def keypoints(self, features: Tensor) -> Tensor:
        """Features (N, C, F, F) -> 'points' (N, M, 2), taken for unit coordinates."""
        return self.embed(features).unflatten(1, (self.num_points, 2))


@MODELS.register_module()
class FlowDecoder(BaseModule):
    """Embeddings of source and target to a flow of the image's size; at first it is 0.

    Args:
        embedding_dim (int): numbers of one embedding.
        image_size (int): side W of the image, reached from 4 by doubling.
        base_channels (int): width at the image's full size; doubled at every halving.
        init_cfg: initialisation.

    Raises:
        ValueError: a size that doubling does not reach from 4.
    """

    def __init__(self, embedding_dim: int = 256, image_size: int = 64, base_channels: int = 8,
                 init_cfg=FLOW_INIT) -> None:
        super().__init__(init_cfg)
        width = base_channels * 2**halvings(image_size, 4, 'image_size to 4')
        self.project = nn.Linear(2 * embedding_dim, 16 * width)
        stages: list[nn.Module] = [nn.ReLU()]
        while width > base_channels:
            stages += [nn.Upsample(scale_factor=2, mode='bilinear', align_corners=False),
                       ConvModule(width, width // 2, 3, padding=1, norm_cfg=BN)]
            width //= 2
        self.stages = nn.Sequential(*stages)
        self.flow = nn.Conv2d(width, 2, 3, padding=1)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Embeddings (N, D) of both frames -> flow (N, 2, W, W) in (-1, 1), half a side."""
        start = self.project(torch.cat([source, target], dim=1)).unflatten(1, (-1, 4, 4))
        return self.flow(self.stages(start)).tanh()


@MODELS.register_module()
class Wiles2018(UnnamedPointEstimator):
    """``loss = |x'(u + flow(v', v)) - x|_1``, v' and v the embeddings of source x' and target x.

    Args:
        head (dict): :class:`EmbeddingHead`.
        flow_decoder (dict): :class:`FlowDecoder`.
        loss_reconstruction (dict): called with reconstruction and target, RGB in [0, 1]
            (MMPose's ``L1Loss``).
        warp (dict): jitter of the source (:func:`ikp_mm.ops.random_similarities`).
        options: see :class:`UnnamedPointEstimator`.
    """

    def __init__(self, head: dict, flow_decoder: dict, loss_reconstruction: dict, warp: dict,
                 **options) -> None:
        super().__init__(head=head, **options)
        self.flow_decoder = MODELS.build(flow_decoder)
        self.loss_reconstruction = MODELS.build(loss_reconstruction)
        self.warp = warp
        self.to(memory_format=self.memory_format)

    def losses(self, pairs: FramePairs) -> dict[str, Tensor]:
        """``loss_reconstruction``; ``remaining``, its share of what it would be without flow."""
        transforms = random_similarities(len(pairs), **self.warp).to(pairs.images)
        sources = transform_images(pairs.appearances, transforms)
        # One pass: batch normalisation sees sources and targets together.
        both = torch.cat([sources, pairs.images]).contiguous(memory_format=self.memory_format)
        embeddings = self.head.embed(self.backbone(both)[-1])
        moved = sample_along(sources, self.flow_decoder(*embeddings.chunk(2)))
        moved, still, targets = (
            self.to_rgb(images) / 255 for images in (moved, sources, pairs.targets))
        loss = self.loss_reconstruction(moved, targets)
        without = self.loss_reconstruction(still, targets)
        return dict(loss_reconstruction=loss, remaining=loss.detach() / without.clamp(min=1e-6))
