from .gaussian_point_head import GaussianPointHead
from .skeleton_head import SkeletonHead
from .skeleton_renderer import SkeletonRenderer
from .supervised_skeleton_head import SupervisedSkeletonHead

__all__ = ['GaussianPointHead', 'SkeletonHead', 'SkeletonRenderer', 'SupervisedSkeletonHead']
