"""The method's parts and its yardsticks, registered in ``mmpose.registry.MODELS``."""
from .backbones import ImageEncoder, NarrowHourglassNet, SkeletonUNet
from .discriminators import MultiScalePatchDiscriminator
from .drawers import FigureDrawer
from .generators import ConditionalImageGenerator, DescriptorImageDecoder
from .heads import (GaussianPointHead, SkeletonHead, SkeletonRenderer,
                    SupervisedSkeletonHead)
from .losses import (ConcentrationLoss, GANLoss, PerceptualLoss, PointEquivarianceLoss,
                     PriorCoordinateLoss, RerenderLoss, SeparationLoss)
from .necks import SkeletonNeck
from .pose_estimators import IMM, KeypointGAN, Zhang2018

__all__ = [
    'ConcentrationLoss', 'ConditionalImageGenerator', 'DescriptorImageDecoder', 'FigureDrawer',
    'GANLoss', 'GaussianPointHead', 'IMM', 'ImageEncoder', 'KeypointGAN',
    'MultiScalePatchDiscriminator',
    'NarrowHourglassNet', 'PerceptualLoss', 'PointEquivarianceLoss', 'PriorCoordinateLoss',
    'RerenderLoss', 'SeparationLoss', 'SkeletonHead', 'SkeletonNeck', 'SkeletonRenderer',
    'SkeletonUNet', 'SupervisedSkeletonHead', 'Zhang2018'
]
