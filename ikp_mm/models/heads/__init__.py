from .skeleton_head import SkeletonHead
from .skeleton_renderer import SkeletonRenderer

__all__ = ['SkeletonHead', 'SkeletonRenderer']
