"""The two losses of eta.

Paper: arXiv 1907.02055, section 3.2; weights 0.9 and 0.1 as released.
"""
from __future__ import annotations

from mmpose.registry import MODELS
from torch import Tensor, nn

from ..rank_mean import rank_mean


@MODELS.register_module()
class PriorCoordinateLoss(nn.Module):
    """``mean |eta(beta(p)) - p|^2`` over the coordinates of visible joints.

    Args:
        loss_weight (float): weight (reference: 1 in stage one, 0.9 beside the GAN).
    """

    def __init__(self, loss_weight: float = 0.9) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, predicted: Tensor, keypoints: Tensor, visible: Tensor) -> Tensor:
        """(N, K, 2), (N, K, 2) unit coordinates and (N, K) bool -> weighted scalar.

        NaN where no joint is visible: ``KeypointGAN.prepare_prior`` refuses such batches, on the
        CPU. Nothing here looks at a value, which on a GPU would wait for all that came before.
        """
        # All ranks divide by one number, or those with few visible joints would count for more.
        count = rank_mean(visible.sum().float())
        squared = (predicted - keypoints).square().mean(dim=-1)  # (N, K)
        return self.loss_weight * squared.masked_fill(~visible, 0).sum() / count


@MODELS.register_module()
class RerenderLoss(nn.Module):
    """``mean (beta(eta(y)) - y)^2`` over pixels; the caller detaches y.

    Args:
        loss_weight (float): weight (reference: 0.1).
    """

    def __init__(self, loss_weight: float = 0.1) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, rendered: Tensor, skeletons: Tensor) -> Tensor:
        """Two skeleton images (N, 1, S, S) in [-1, 1] -> weighted scalar."""
        return self.loss_weight * (rendered - skeletons).square().mean()
