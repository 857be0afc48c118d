"""Features to K points without names, and back to Gaussian maps.

Papers: Jakab et al., NeurIPS 2018 (arXiv 1806.07823), section 3.1, ``normalisation='marginal'``;
Zhang et al., CVPR 2018, section 3.1, ``normalisation='spatial'``.
"""
from __future__ import annotations

from typing import Optional

from mmpose.models.heads.base_head import BaseHead
from mmpose.registry import KEYPOINT_CODECS, MODELS
from mmpose.utils.typing import OptSampleList, Predictions
from torch import Tensor, nn

from ikp_mm.ops import unit_to_frame

from .point_maps import NORMALISATIONS, gaussian_maps, heatmap_moments

# Wide: softmaxes of what the N(0, 0.02) of other layers gives would leave all points in the middle
# of the frame, one on the other, with next to no gradient.
HEATMAP_INIT = dict(type='Normal', layer='Conv2d', std=0.5, bias=0)


@MODELS.register_module()
class GaussianPointHead(BaseHead):
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

    def __init__(self, in_channels: int, num_points: int, map_size: int = 16, sigma: float = 0.1,
                 normalisation: str = 'marginal', decoder: Optional[dict] = None,
                 init_cfg=HEATMAP_INIT) -> None:
        super().__init__(init_cfg)
        if num_points < 1:
            raise ValueError(f'num_points must be at least 1, got {num_points}')
        if sigma <= 0:
            raise ValueError(f'sigma must be positive, got {sigma}')
        if normalisation not in NORMALISATIONS:
            raise ValueError(f'normalisation must be one of {NORMALISATIONS}, '
                             f'got {normalisation!r}')
        self.num_points, self.map_size, self.sigma = num_points, map_size, sigma
        self.normalisation = normalisation
        self.heatmaps = nn.Conv2d(in_channels, num_points, 1)
        self.decoder = KEYPOINT_CODECS.build(decoder) if decoder is not None else None

    def moments(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Features (N, C, F, F) -> points (N, K, 2) in [-1, 1], variances (N, K, 2)."""
        return heatmap_moments(self.heatmaps(features), self.normalisation)

    def keypoints(self, features: Tensor) -> Tensor:
        """Features (N, C, F, F) -> points (N, K, 2), unit coordinates [-1, 1]."""
        return self.moments(features)[0]

    def render(self, points: Tensor) -> Tensor:
        """Points (N, K, 2), unit coordinates -> Gaussian maps (N, K, S, S) in [0, 1]."""
        return gaussian_maps(points, self.map_size, self.sigma)

    def forward(self, feats: tuple[Tensor]) -> Tensor:
        """Backbone output -> points (N, K, 2) in [0, 1], fractions of the input frame."""
        return unit_to_frame(self.keypoints(feats[-1]))

    def predict(self, feats: tuple[Tensor], batch_data_samples: OptSampleList,
                test_cfg: dict = {}) -> Predictions:
        """Points in pixels of the network's input frame.

        Returns:
            list[InstanceData]: with ``keypoints`` (1, K, 2) and ``keypoint_scores`` (1, K), ones.

        Raises:
            ValueError: ``test_cfg['flip_test']``: unnamed points have no mirror partners.
        """
        if test_cfg.get('flip_test', False):
            raise ValueError('flip_test needs to know which points are mirror partners; unnamed '
                             'points have none: set model.test_cfg.flip_test=False')
        return self.decode(self.forward(feats).unsqueeze(1))

    def loss(self, feats: tuple[Tensor], batch_data_samples: OptSampleList,
             train_cfg: dict = {}) -> dict:
        """Not defined.

        Raises:
            NotImplementedError: always; unnamed points are trained by their estimator.
        """
        raise NotImplementedError('unnamed points have no labels: train a GaussianPointHead in an '
                                  'IMM or Zhang2018 estimator')
