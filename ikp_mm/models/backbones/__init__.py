from .image_encoder import ImageEncoder
from .narrow_hourglass import NarrowHourglassNet
from .skeleton_unet import SkeletonUNet

__all__ = ['ImageEncoder', 'NarrowHourglassNet', 'SkeletonUNet']
