from .narrow_hourglass import NarrowHourglassNet
from .skeleton_unet import SkeletonUNet

__all__ = ['NarrowHourglassNet', 'SkeletonUNet']
