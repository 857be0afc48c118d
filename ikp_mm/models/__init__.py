"""The method's parts, registered in ``mmpose.registry.MODELS``."""
from .backbones import NarrowHourglassNet, SkeletonUNet
from .discriminators import MultiScalePatchDiscriminator
from .drawers import FigureDrawer
from .generators import ConditionalImageGenerator
from .heads import SkeletonHead, SkeletonRenderer
from .losses import GANLoss, PerceptualLoss, PriorCoordinateLoss
from .necks import SkeletonNeck
from .pose_estimators import KeypointGAN

__all__ = [
    'ConditionalImageGenerator', 'FigureDrawer', 'GANLoss', 'KeypointGAN',
    'MultiScalePatchDiscriminator', 'NarrowHourglassNet', 'PerceptualLoss', 'PriorCoordinateLoss',
    'SkeletonHead', 'SkeletonNeck', 'SkeletonRenderer', 'SkeletonUNet'
]
