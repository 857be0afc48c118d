"""Lorenz et al. 2019: parts whose shape ignores colour and whose look ignores place.

Paper: Lorenz, Bereska, Milbich, Ommer, "Unsupervised part-based disentangling of object shape and
appearance", CVPR 2019 (arXiv 1903.06946), section 3, and its release
(CompVis/unsupervised-disentangling), run on single images (its ``--static``).

    a(x), colours changed --> part maps --means, covariances--> shapes --+
                                                                         decoder --> x^ ~ x
    s(x), moved ------------> features pooled at its part maps ----------+

The smallest honest version. Left out: thin-plate warps (similarities alone), the hourglasses (one
encoder of IMM's size serves both streams), shapes at every scale of the decoder, the weight that
confines the reconstruction to the parts' surroundings (the background has a descriptor instead, and
no pixel is spared), the second direction (s(x) rebuilt from the looks of a(x)), the patch
discriminator.

Convention: (x, y), unit coordinates in [-1, 1]; heatmaps span them end to end (``point_maps.py``).
"""
from __future__ import annotations

import math

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn

from ikp_mm.ops import random_similarities, transform_images, transform_points
from ikp_mm.ops.coords import pixel_grid
from ikp_mm.structures import FramePairs

from .unnamed_points import UnnamedPointEstimator

SHARPNESS = 0.8


def change_colours(images: Tensor, contrast: float, brightness: float, saturation: float,
                   hue: float) -> Tensor:
    """RGB (N, 3, S, S) in [0, 1], each in other colours, drawn from torch's global CPU generator.

    Factors of ``contrast`` (about the image's mean colour) and ``saturation`` are uniform in
    [1 - value, 1 + value], what ``brightness`` adds in [-value, value], ``hue`` turns about the
    grey axis by [-value, value], 1 a full turn.
    """
    draws = (2 * torch.rand(4, len(images), 1, 1) - 1).to(images)
    grey = images.new_full((3, 3), 1 / 3)
    quarter = images.new_tensor([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)
    angle = 2 * math.pi * hue * draws[3]
    turn = angle.cos() * (torch.eye(3).to(images) - grey) + angle.sin() * quarter
    matrices = (1 + contrast * draws[0]) * (grey + (1 + saturation * draws[2]) * turn)
    means = images.flatten(2).mean(dim=2, keepdim=True)
    changed = matrices @ (images.flatten(2) - means) + means + brightness * draws[1]
    return changed.clamp(0, 1).view_as(images)


def part_moments(heatmaps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Logits (N, K, S, S) -> part maps (N, K, S, S), each of sum 1, their means (N, K, 2) and
    covariances (N, K, 2, 2)."""
    maps = heatmaps.flatten(2).softmax(dim=2)
    line = torch.linspace(-1, 1, heatmaps.shape[-1]).to(heatmaps)
    cells = torch.cartesian_prod(line, line).flip(1)  # (S * S, 2): x runs fastest
    means = maps @ cells
    apart = cells - means[:, :, None]  # (N, K, S * S, 2)
    return maps.view_as(heatmaps), means, torch.einsum('nks,nksi,nksj->nkij', maps, apart, apart)


def part_shapes(means: Tensor, covariances: Tensor, size: int) -> Tensor:
    """``1 / (1 + b^2 (u - m)^T C^-1 (u - m))`` at the pixels u of square maps (N, K, size, size).

    b is the release's. To C the variance of one even pixel is added (release: 1e-12), so that a
    part between two pixels shows on both.
    """
    line = pixel_grid(size, device=means.device, dtype=means.dtype)
    apart = torch.cartesian_prod(line, line).flip(1) - means[:, :, None]  # (N, K, size^2, 2)
    covariances = covariances + torch.eye(2).to(means) * (2 / size)**2 / 12
    precisions = torch.linalg.inv_ex(covariances).inverse
    squared = torch.einsum('nksi,nkij,nksj->nks', apart, precisions, apart)
    return (1 / (1 + SHARPNESS**2 * squared)).unflatten(2, (size, size))


@MODELS.register_module()
class CovarianceEquivarianceLoss(nn.Module):
    """``mean_k |C_k(s x) - A C_k(x) A^T|_F``, A the linear part of s: parts turn and grow with
    the image.

    Args:
        loss_weight (float): weight.
    """

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, found: Tensor, before: Tensor, transforms: Tensor) -> Tensor:
        """Covariances (N, K, 2, 2) of the moved and of the unmoved image, similarities (N, 2, 3)
        -> weighted scalar."""
        linear = transforms[:, None, :, :2]
        expected = linear @ before @ linear.transpose(2, 3)
        return self.loss_weight * (found - expected).flatten(2).norm(dim=2).mean()


@MODELS.register_module()
class Lorenz2019(UnnamedPointEstimator):
    """``loss = |x^ - x|^2 + equivariance of means + of covariances``; of a pair the second frame
    is not used.

    Args:
        image_decoder (dict): :class:`DescriptorImageDecoder`; with ``background`` 1 its maps are
            the release's, normalised by ``1 + sum``.
        loss_reconstruction (dict): called with reconstruction and target, RGB in [0, 1].
        loss_equivariance (dict): :class:`PointEquivarianceLoss`, of the means.
        loss_covariance (dict): :class:`CovarianceEquivarianceLoss`.
        warp (dict): s, of :func:`ikp_mm.ops.random_similarities`.
        colours (dict): a, of :func:`change_colours`.
        options: see :class:`UnnamedPointEstimator`; the head's maps are normalised over the frame
            (``normalisation='spatial'``), and its ``sigma`` is not used.
    """

    def __init__(self, image_decoder: dict, loss_reconstruction: dict, loss_equivariance: dict,
                 loss_covariance: dict, warp: dict, colours: dict, **options) -> None:
        super().__init__(**options)
        self.image_decoder = MODELS.build(image_decoder)
        self.loss_reconstruction = MODELS.build(loss_reconstruction)
        self.loss_equivariance = MODELS.build(loss_equivariance)
        self.loss_covariance = MODELS.build(loss_covariance)
        self.warp, self.colours = warp, colours
        self.to(memory_format=self.memory_format)

    def losses(self, pairs: FramePairs) -> dict[str, Tensor]:
        """The three terms of the loss."""
        num, images = len(pairs), pairs.images
        transforms = random_similarities(num, **self.warp).to(images)
        recoloured = 255 * change_colours(self.to_rgb(images) / 255, **self.colours)
        recoloured = (recoloured - self.data_preprocessor.mean) / self.data_preprocessor.std
        both = torch.cat([recoloured, transform_images(images, transforms)])
        # One pass: batch normalisation sees both versions together.
        features = self.backbone(both.contiguous(memory_format=self.memory_format))[-1]
        maps, means, covariances = part_moments(self.head.heatmaps(features))
        looks = self.image_decoder.describe(features[num:], maps[num:])
        shapes = part_shapes(means[:num], covariances[:num], maps.shape[-1])
        drawn = self.image_decoder.paint(looks, shapes)
        return dict(
            loss_reconstruction=self.loss_reconstruction(
                self.to_rgb(drawn) / 255, self.to_rgb(pairs.targets) / 255),
            loss_equivariance=self.loss_equivariance(
                means[num:], transform_points(means[:num], transforms)),
            loss_covariance=self.loss_covariance(covariances[num:], covariances[:num], transforms))
