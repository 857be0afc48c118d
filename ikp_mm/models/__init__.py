"""The method's parts, registered in ``mmpose.registry.MODELS``."""
from .backbones import SkeletonUNet
from .discriminators import MultiScalePatchDiscriminator
from .generators import ConditionalImageGenerator
from .heads import SkeletonHead, SkeletonRenderer
from .losses import GANLoss, PerceptualLoss, PriorCoordinateLoss, RerenderLoss
from .pose_estimators import KeypointGAN

__all__ = [
    'ConditionalImageGenerator', 'GANLoss', 'KeypointGAN', 'MultiScalePatchDiscriminator',
    'PerceptualLoss', 'PriorCoordinateLoss', 'RerenderLoss', 'SkeletonHead', 'SkeletonRenderer',
    'SkeletonUNet'
]
