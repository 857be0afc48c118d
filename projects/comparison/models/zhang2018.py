"""Zhang et al. 2018: landmarks as the structure of an autoencoder.

Paper: Zhang, Guo, Jin, Luo, He, Lee, "Unsupervised Discovery of Object Landmarks as Structural
Representations", CVPR 2018. The smallest honest version: what the paper's ablation calls the
detector (soft-argmax of a normalised heatmap), its three constraints (concentration, separation,
equivariance), and the landmark descriptors through which the image is rebuilt.

Left out: the hourglasses (an encoder of the size of IMM's), thin-plate warps (similarities alone),
the learned background heatmap (maps are normalised over the frame, not across points), five widths
of maps, the penalty on maps that are not round, colour jitter.
"""
from __future__ import annotations

from typing import Optional

from mmpose.registry import MODELS
from torch import Tensor

from ikp_mm.ops import transform_points
from ikp_mm.structures import FramePairs

from .unnamed_points import UnnamedPointEstimator


@MODELS.register_module()
class Zhang2018(UnnamedPointEstimator):
    """Autoencode a single frame through K points and their descriptors.

    ``loss = |x^ - x|^2 + concentration + separation + equivariance``, each with its own weight.
    Of a frame pair the second frame is not used.

    Args:
        image_decoder (dict): :class:`DescriptorImageDecoder`.
        loss_reconstruction (dict): called with reconstruction and target, RGB in [0, 1]
            (MMPose's ``MSELoss``).
        loss_concentration, loss_separation, loss_equivariance (dict): the losses of
            ``point_losses.py``.
        warp (dict): ``rotate_deg``, ``scale``, ``shift`` and ``flip`` of the similarities under
            which points must be equivariant (:func:`ikp_mm.ops.random_similarities`). A flip is
            wrong for figures whose sides differ in name: points would have to be symmetric.
        backbone, head, channels_last, train_cfg, test_cfg, data_preprocessor, init_cfg, metainfo:
            see :class:`UnnamedPointEstimator`.
    """

    def __init__(self, backbone: dict, head: dict, image_decoder: dict, loss_reconstruction: dict,
                 loss_concentration: dict, loss_separation: dict, loss_equivariance: dict,
                 warp: dict, channels_last: bool = False, train_cfg: Optional[dict] = None,
                 test_cfg: Optional[dict] = None, data_preprocessor: Optional[dict] = None,
                 init_cfg=None, metainfo: Optional[dict] = None) -> None:
        super().__init__(backbone, head, channels_last, train_cfg, test_cfg, data_preprocessor,
                         init_cfg, metainfo)
        self.image_decoder = MODELS.build(image_decoder)
        self.loss_reconstruction = MODELS.build(loss_reconstruction)
        self.loss_concentration = MODELS.build(loss_concentration)
        self.loss_separation = MODELS.build(loss_separation)
        self.loss_equivariance = MODELS.build(loss_equivariance)
        self.warp = warp
        self.to(memory_format=self.memory_format)

    def losses(self, pairs: FramePairs) -> dict[str, Tensor]:
        """The four terms of the loss."""
        num = len(pairs)
        features, transforms = self.features_also_moved(pairs.images, self.warp)
        points, variances = self.head.moments(features)
        drawn = self.image_decoder(features[:num], self.head.render(points[:num]))
        return dict(
            loss_reconstruction=self.loss_reconstruction(
                self.to_rgb(drawn) / 255, self.to_rgb(pairs.targets) / 255),
            loss_concentration=self.loss_concentration(variances[:num]),
            loss_separation=self.loss_separation(points[:num]),
            loss_equivariance=self.loss_equivariance(
                points[num:], transform_points(points[:num], transforms)))
