"""Pose sources, one kind a file; importing this registers them in ``POSE_SOURCES``."""
from ikp_mm.datasets.priors import (coco, files, landmarks_array, mmpose_npz, motion3d, multi_pie,
                                    pts, synthetic)

__all__ = ['coco', 'files', 'landmarks_array', 'mmpose_npz', 'motion3d', 'multi_pie', 'pts',
           'synthetic']
