from .skeleton_neck import SkeletonNeck

__all__ = ['SkeletonNeck']
