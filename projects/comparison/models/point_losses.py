"""The three constraints that make unnamed points landmarks.

Paper: Zhang, Guo, Jin, Luo, He, Lee, "Unsupervised Discovery of Object Landmarks as Structural
Representations", CVPR 2018, section 3.2.
Deviations from its release: the concentration loss takes the mean of the two variances instead of
the squared mean of the two deviations (the same for a round map, and smooth at zero), and with it
the release's penalty on maps that are not round is left out.

Convention: points are (x, y), unit coordinates in [-1, 1]. The paper's are fractions of the side
in [0, 1]; lengths given in them are said to be *frame* lengths here: half a unit length.
"""
from __future__ import annotations

import math

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class ConcentrationLoss(nn.Module):
    """``sum_k 2 pi e s_k^2``, s_k^2 the mean of the variances along x and y in frame lengths.

    It is the exponential of a round Gaussian's entropy: a heatmap must be one spot.

    Args:
        loss_weight (float): weight.
    """

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, variances: Tensor) -> Tensor:
        """Variances (N, K, 2) in squared unit lengths -> weighted scalar, mean over images."""
        in_frame = variances.mean(dim=-1) / 4  # (N, K)
        return self.loss_weight * 2 * math.pi * math.e * in_frame.sum(dim=1).mean()


@MODELS.register_module()
class SeparationLoss(nn.Module):
    """``sum_{k != l} exp(-|p_k - p_l|^2 / (2 b^2))``: no two points in one place.

    Args:
        bandwidth (float): b, frame length (release: 0.08 for 10 points).
        loss_weight (float): weight.

    Raises:
        ValueError: bandwidth not positive.
    """

    def __init__(self, bandwidth: float = 0.08, loss_weight: float = 1.0) -> None:
        super().__init__()
        if bandwidth <= 0:
            raise ValueError(f'bandwidth must be positive, got {bandwidth}')
        self.bandwidth = bandwidth
        self.loss_weight = loss_weight

    def forward(self, points: Tensor) -> Tensor:
        """Points (N, K, 2), unit coordinates -> weighted scalar, mean over images."""
        frame = points / 2
        squared = (frame[:, :, None] - frame[:, None]).square().sum(dim=-1)  # (N, K, K)
        vicinity = torch.exp(-squared / (2 * self.bandwidth**2))
        others = ~torch.eye(points.shape[1], dtype=torch.bool, device=points.device)
        return self.loss_weight * vicinity[:, others].sum(dim=1).mean()


@MODELS.register_module()
class PointEquivarianceLoss(nn.Module):
    """``sum_k |p_k(T x) - T p_k(x)|^2``: where the image moves, its points move.

    Args:
        loss_weight (float): weight.
    """

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, found: Tensor, expected: Tensor) -> Tensor:
        """Compare points of the moved image with the moved points of the image.

        Args:
            found (Tensor): p(T x), (N, K, 2), unit coordinates.
            expected (Tensor): T p(x), (N, K, 2).

        Returns:
            Tensor: weighted scalar, mean over images.
        """
        return self.loss_weight * (found - expected).square().sum(dim=(1, 2)).mean()
