"""Pose priors. Importing this registers every source of poses, one kind a file, in ``POSE_SOURCES``."""
from . import (bvh, coco, deeplabcut, files, landmarks_array, mmpose_npz, motion3d, multi_pie, pts,
               sleap, synthetic)
from .pose_prior import PosePriorDataset

__all__ = ['PosePriorDataset', 'bvh', 'coco', 'deeplabcut', 'files', 'landmarks_array',
           'mmpose_npz', 'motion3d', 'multi_pie', 'pts', 'sleap', 'synthetic']
