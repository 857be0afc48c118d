"""Thewlis et al. 2017: landmarks that move with the image and lie apart.

Paper: Thewlis, Bilen, Vedaldi, "Unsupervised learning of object landmarks by factorized spatial
embeddings", ICCV 2017. The smallest honest version: a probability map a landmark, the alignment of
maps under known warps (its equation 4, in the decomposed form of section 3.2) and the diversity
loss (equations 5 and 6).

Left out: thin-plate warps (similarities alone), the paper's own network (an encoder of the size of
IMM's). The windows of the diversity loss do not overlap.
"""
from __future__ import annotations

from typing import Optional

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional as F

from ikp_mm.ops import transform_points
from ikp_mm.structures import FramePairs

from .point_maps import heatmap_moments
from .unnamed_points import UnnamedPointEstimator


@MODELS.register_module()
class AlignmentLoss(nn.Module):
    """``mean_k E |u - T v|^2``, u drawn from map k of the warped image T x, v from map k of x.

    For independent u and v this is the squared distance of the means plus both variances, so maps
    must be spots, and the spots must move with the image.

    Args:
        loss_weight (float): weight.
    """

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, found: tuple[Tensor, Tensor], source: tuple[Tensor, Tensor],
                transforms: Tensor) -> Tensor:
        """Means and variances of both maps, each (N, K, 2) in unit coordinates, and the
        similarities (N, 2, 3) that take x to the warped image -> weighted scalar."""
        (points, spread), (before, spread_before) = found, source
        apart = (points - transform_points(before, transforms)).square().sum(dim=2)
        # A similarity multiplies the sum of the variances along x and y by its squared scale.
        squared_scale = torch.linalg.det(transforms[:, :, :2]).abs()[:, None]
        expected = apart + spread.sum(dim=2) + squared_scale * spread_before.sum(dim=2)
        return self.loss_weight * expected.mean()


@MODELS.register_module()
class DiversityLoss(nn.Module):
    """``K - sum_w max_k P_k(w)``, P_k(w) the probability of map k in window w: 0 when every map
    lies in a window of its own, K - 1 when all lie in the same one.

    Args:
        window (int): side of the windows in cells.
        loss_weight (float): weight.
    """

    def __init__(self, window: int = 2, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.window, self.loss_weight = window, loss_weight

    def forward(self, heatmaps: Tensor) -> Tensor:
        """Logits (N, K, H, W) -> weighted scalar, mean over images."""
        maps = heatmaps.flatten(2).softmax(dim=2).view_as(heatmaps)
        windows = F.avg_pool2d(maps, self.window) * self.window**2
        found = windows.amax(dim=1).sum(dim=(1, 2))
        return self.loss_weight * (heatmaps.shape[1] - found).mean()


@MODELS.register_module()
class Thewlis2017(UnnamedPointEstimator):
    """Alignment and diversity of K maps on single frames; of a pair the second is not used.

    Args:
        loss_alignment, loss_diversity (dict): see :class:`AlignmentLoss`, :class:`DiversityLoss`.
        warp (dict): of :func:`ikp_mm.ops.random_similarities`.
        backbone, head, channels_last, train_cfg, test_cfg, data_preprocessor, init_cfg, metainfo:
            see :class:`UnnamedPointEstimator`; the head's maps are normalised over the frame
            (``normalisation='spatial'``).
    """

    def __init__(self, backbone: dict, head: dict, loss_alignment: dict, loss_diversity: dict,
                 warp: dict, channels_last: bool = False, train_cfg: Optional[dict] = None,
                 test_cfg: Optional[dict] = None, data_preprocessor: Optional[dict] = None,
                 init_cfg=None, metainfo: Optional[dict] = None) -> None:
        super().__init__(backbone, head, channels_last, train_cfg, test_cfg, data_preprocessor,
                         init_cfg, metainfo)
        self.loss_alignment = MODELS.build(loss_alignment)
        self.loss_diversity = MODELS.build(loss_diversity)
        self.warp = warp
        self.to(memory_format=self.memory_format)

    def losses(self, pairs: FramePairs) -> dict[str, Tensor]:
        """The two terms of the loss."""
        num = len(pairs)
        features, transforms = self.features_also_moved(pairs.images, self.warp)
        heatmaps = self.head.heatmaps(features)
        points, variances = heatmap_moments(heatmaps, self.head.normalisation)
        return dict(
            loss_alignment=self.loss_alignment(
                (points[num:], variances[num:]), (points[:num], variances[:num]), transforms),
            loss_diversity=self.loss_diversity(heatmaps))
