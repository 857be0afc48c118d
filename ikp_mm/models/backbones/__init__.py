from .skeleton_unet import SkeletonUNet

__all__ = ['SkeletonUNet']
