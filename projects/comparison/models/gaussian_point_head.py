"""Features to K points without names, and back to Gaussian maps.

Papers: Jakab et al., NeurIPS 2018 (arXiv 1806.07823), section 3.1, ``normalisation='marginal'``;
Zhang et al., CVPR 2018, section 3.1, ``normalisation='spatial'``.
"""
from __future__ import annotations

from typing import Optional

from mmpose.registry import MODELS
from torch import Tensor, nn

from .point_maps import NORMALISATIONS, gaussian_maps, heatmap_moments
from .unnamed_point_head import UnnamedPointHead

# Wide: softmaxes of what the N(0, 0.02) of other layers gives would leave all points in the middle
# of the frame, one on the other, with next to no gradient.
HEATMAP_INIT = dict(type='Normal', layer='Conv2d', std=0.5, bias=0)


@MODELS.register_module()
class GaussianPointHead(UnnamedPointHead):
    """K points, each the mean of its heatmap's softmax; drawn again as one Gaussian map a point.

    Point k is the same spot of every figure, but which spot is for the training to find: points
    have no names, no mirror partners and no labels.

    Args:
        in_channels (int): channels of the backbone's features.
        num_points (int): K.
        map_size (int): side S of the Gaussian maps.
        sigma (float): their width, unit coordinates: ``exp(-d^2 / sigma^2)`` (release of Jakab et
            al.: 0.1 on maps of 16 px).
        normalisation (str): how a heatmap becomes a distribution: ``'marginal'`` or ``'spatial'``
            (:func:`projects.comparison.models.point_maps.heatmap_moments`).
        decoder (dict | None): codec that turns fractions of the frame into pixels
            (``RegressionLabel``).
        init_cfg: initialisation of the heatmaps' 1x1 convolution.

    Raises:
        ValueError: no point, sigma not positive, unknown normalisation.
    """

    estimators = 'IMM or Zhang2018'

    def __init__(self, in_channels: int, num_points: int, map_size: int = 16, sigma: float = 0.1,
                 normalisation: str = 'marginal', decoder: Optional[dict] = None,
                 init_cfg=HEATMAP_INIT) -> None:
        super().__init__(num_points, decoder, init_cfg)
        if num_points < 1:
            raise ValueError(f'num_points must be at least 1, got {num_points}')
        if sigma <= 0:
            raise ValueError(f'sigma must be positive, got {sigma}')
        if normalisation not in NORMALISATIONS:
            raise ValueError(f'normalisation must be one of {NORMALISATIONS}, '
                             f'got {normalisation!r}')
        self.map_size, self.sigma = map_size, sigma
        self.normalisation = normalisation
        self.heatmaps = nn.Conv2d(in_channels, num_points, 1)

    def moments(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Features (N, C, F, F) -> points (N, K, 2) in [-1, 1], variances (N, K, 2)."""
        return heatmap_moments(self.heatmaps(features), self.normalisation)

    def keypoints(self, features: Tensor) -> Tensor:
        """Features (N, C, F, F) -> points (N, K, 2), unit coordinates [-1, 1]."""
        return self.moments(features)[0]

    def render(self, points: Tensor) -> Tensor:
        """Points (N, K, 2), unit coordinates -> Gaussian maps (N, K, S, S) in [0, 1]."""
        return gaussian_maps(points, self.map_size, self.sigma)
