"""Pose sources, one kind a file; importing this registers them in ``POSE_SOURCES``."""
from ikp_mm.datasets.priors import (bvh, coco, deeplabcut, files, landmarks_array, mmpose_npz,
                                    motion3d, multi_pie, pts, sleap, synthetic)

__all__ = ['bvh', 'coco', 'deeplabcut', 'files', 'landmarks_array', 'mmpose_npz', 'motion3d',
           'multi_pie', 'pts', 'sleap', 'synthetic']
