"""The yardsticks' networks and losses, registered in ``mmpose.registry.MODELS``.

A config has them imported by ``custom_imports = dict(imports=['projects.comparison.models'])``.
"""
import ikp_mm  # noqa: F401  (before any mmpose module that wants compiled ops)

from .descriptor_image_decoder import DescriptorImageDecoder
from .gaussian_point_head import GaussianPointHead
from .image_encoder import ImageEncoder
from .imm import IMM
from .point_losses import ConcentrationLoss, PointEquivarianceLoss, SeparationLoss
from .supervised_skeleton_head import SupervisedSkeletonHead
from .thewlis2017 import AlignmentLoss, DiversityLoss, Thewlis2017
from .zhang2018 import Zhang2018

__all__ = [
    'AlignmentLoss', 'ConcentrationLoss', 'DescriptorImageDecoder', 'DiversityLoss',
    'GaussianPointHead', 'IMM', 'ImageEncoder', 'PointEquivarianceLoss', 'SeparationLoss',
    'SupervisedSkeletonHead', 'Thewlis2017', 'Zhang2018'
]
