"""The loss of eta on poses of the prior.

Paper: arXiv 1907.02055, section 3.2; weight 0.9 as released.
"""
from __future__ import annotations

from typing import Optional

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn

from ..rank_mean import rank_mean


@MODELS.register_module()
class PriorCoordinateLoss(nn.Module):
    """``mean |eta(beta(p)) - p|^2`` over the coordinates of visible joints.

    An addition to the paper, ``either_side_from``: a drawing of one grey channel does not tell who
    faces the camera from who turns away, so least squares answers with the mean of both and folds
    arms and legs into the middle. From that iteration on each pose is compared under its own names
    and under those of its mirror image (left for right), and the nearer one counts; its own unless
    the other is nearer by ``margin``. Until then the mean has leant towards the names of most
    poses; these become the names of the two sides of the picture.

    Args:
        loss_weight (float): weight (reference: 1 in stage one, 0.9 beside the GAN).
        either_side_from (int | None): as above. None, never, is the reference.
        margin (float): mean squared unit coordinates.
    """

    def __init__(self, loss_weight: float = 0.9, either_side_from: Optional[int] = None,
                 margin: float = 0.002) -> None:
        super().__init__()
        self.loss_weight, self.margin = loss_weight, margin
        self.either_side_from = either_side_from

    def forward(self, predicted: Tensor, keypoints: Tensor, visible: Tensor,
                swap: Optional[Tensor] = None) -> Tensor:
        """Weighted scalar, 0 where no joint is visible.

        Nothing here looks at a value, which on a GPU would wait for all that came before.

        Args:
            predicted, keypoints (Tensor): (N, K, 2) unit coordinates.
            visible (Tensor): (N, K) bool.
            swap (Tensor | None): (K,) mirror partners: either side counts. None: its own names.
        """
        # All ranks divide by one number, or those with few visible joints would count for more.
        count = rank_mean(visible.sum().float()).clamp(min=1)
        squared = self._squared(predicted, keypoints, visible)
        if swap is not None:
            mirrored = self._squared(predicted, keypoints[:, swap], visible[:, swap])
            joints = visible.sum(dim=1).clamp(min=1)
            nearer = (mirrored.sum(dim=1) / joints + self.margin
                      < squared.sum(dim=1) / joints)
            squared = torch.where(nearer[:, None], mirrored, squared)
        return self.loss_weight * squared.sum() / count

    @staticmethod
    def _squared(predicted: Tensor, keypoints: Tensor, visible: Tensor) -> Tensor:
        """(N, K), zero where not visible."""
        return (predicted - keypoints).square().mean(dim=-1).masked_fill(~visible, 0)
