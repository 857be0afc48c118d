"""The yardsticks' networks and losses, registered in ``mmpose.registry.MODELS``.

A config has them imported by ``custom_imports = dict(imports=['projects.comparison.models'])``.
"""
import ikp_mm  # noqa: F401  (before any mmpose module that wants compiled ops)

from .descriptor_image_decoder import DescriptorImageDecoder
from .gaussian_point_head import GaussianPointHead
from .image_encoder import ImageEncoder
from .imm import IMM
from .lorenz2019 import CovarianceEquivarianceLoss, Lorenz2019
from .point_losses import ConcentrationLoss, PointEquivarianceLoss, SeparationLoss
from .supervised_skeleton_head import SupervisedSkeletonHead
from .thewlis2017 import AlignmentLoss, DiversityLoss, Thewlis2017
from .thewlis2019 import DenseMatchingLoss, Thewlis2019
from .wiles2018 import EmbeddingHead, FlowDecoder, Wiles2018
from .zhang2018 import Zhang2018

__all__ = [
    'AlignmentLoss', 'ConcentrationLoss', 'CovarianceEquivarianceLoss', 'DenseMatchingLoss',
    'DescriptorImageDecoder', 'DiversityLoss', 'EmbeddingHead', 'FlowDecoder', 'GaussianPointHead',
    'IMM', 'ImageEncoder', 'Lorenz2019', 'PointEquivarianceLoss', 'SeparationLoss',
    'SupervisedSkeletonHead', 'Thewlis2017', 'Thewlis2019', 'Wiles2018', 'Zhang2018'
]
