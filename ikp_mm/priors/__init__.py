"""Pose priors. Importing this registers every source of poses in ``POSE_SOURCES``."""
from . import arrays, mmpose_npz, motion3d, multi_pie, synthetic, tables
from .pose_prior import PosePriorDataset

__all__ = ['PosePriorDataset', 'arrays', 'mmpose_npz', 'motion3d', 'multi_pie', 'synthetic',
           'tables']
