"""What heads of points without names share: they predict, and have no labels to learn from."""
from __future__ import annotations

from abc import abstractmethod
from typing import Optional

from mmpose.models.heads.base_head import BaseHead
from mmpose.registry import KEYPOINT_CODECS
from mmpose.utils.typing import OptSampleList, Predictions
from torch import Tensor

from ikp_mm.ops import unit_to_frame


class UnnamedPointHead(BaseHead):
    """Features to M points without names, mirror partners or labels. Subclasses implement
    :meth:`keypoints` and name the ``estimators`` that train them.

    Args:
        num_points (int): M.
        decoder (dict | None): codec that turns fractions of the frame into pixels
            (``RegressionLabel``).
        init_cfg: initialisation.
    """

    estimators: str

    def __init__(self, num_points: int, decoder: Optional[dict] = None, init_cfg=None) -> None:
        super().__init__(init_cfg)
        self.num_points = num_points
        self.decoder = KEYPOINT_CODECS.build(decoder) if decoder is not None else None

    @abstractmethod
    def keypoints(self, features: Tensor) -> Tensor:
        """Features (N, C, F, F) -> points (N, M, 2), unit coordinates [-1, 1]."""

    def forward(self, feats: tuple[Tensor]) -> Tensor:
        """Backbone output -> points (N, M, 2), fractions of the input frame."""
        return unit_to_frame(self.keypoints(feats[-1]))

    def predict(self, feats: tuple[Tensor], batch_data_samples: OptSampleList,
                test_cfg: dict = {}) -> Predictions:
        """Points in pixels of the network's input frame.

        Returns:
            list[InstanceData]: with ``keypoints`` (1, M, 2) and ``keypoint_scores`` (1, M), ones.

        Raises:
            ValueError: ``test_cfg['flip_test']``: unnamed points have no mirror partners.
        """
        if test_cfg.get('flip_test', False):
            raise ValueError('flip_test needs to know which points are mirror partners; unnamed '
                             'points have no mirror partners: set model.test_cfg.flip_test=False')
        return self.decode(self.forward(feats).unsqueeze(1))

    def loss(self, feats: tuple[Tensor], batch_data_samples: OptSampleList,
             train_cfg: dict = {}) -> dict:
        """Not defined.

        Raises:
            NotImplementedError: always; unnamed points are trained by their estimator.
        """
        raise NotImplementedError(f'unnamed points have no labels: train a {type(self).__name__} '
                                  f'in an {self.estimators} estimator')
