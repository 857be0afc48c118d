"""Annotation npz files of MMPose's 3D pose converters, for any dataset and skeleton.

They hold ``imgname`` (N,), ``center`` (N, 2) and ``scale`` (N,), the box in pixels (side / 200;
the joints' larger side times 1.2), ``part`` (N, J, 3) joints in pixels with 0 where a joint lies
outside the image, and ``S``, not read here. Human3.6M with its subjects, activities and cameras
has a source of its own: ``h36m``.
"""
from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

import numpy as np

from ikp_mm.io.formats.coco import center_scale_boxes
from ikp_mm.io.formats.npz import read_npz
from ikp_mm.io.formats.pose_tables import PoseTable, labelled_rows
from ikp_mm.priors.framing import frame_poses
from ikp_mm.priors.pose_sources import NamedPoses, pose_source

NEEDED = ("It is written by MMPose's tools/dataset_converters/preprocess_mpi_inf_3dhp.py or "
          'preprocess_h36m.py, see docs/priors.md')


@pose_source('mmpose_npz')
def mmpose_npz_poses(ann_file: str | Path, box: str = 'center_scale', padding: float = 1.0,
                     images: str = '*') -> NamedPoses:
    """Nameless poses of an annotation npz, NaN where the third number of ``part`` is 0.

    Args:
        ann_file: the npz.
        box: what the frame is: 'center_scale' of the file, or 'landmarks', the joints' tight box.
        padding: enlarges it.
        images: pattern of the ``imgname`` to use, e.g. 'S1_*', so that prior and clips can show
            different subjects.

    Raises:
        FileNotFoundError: no such file.
        ValueError: not such a file, arrays that do not agree, no image that matches.
    """
    path = Path(ann_file)
    names, centers, scales, part = read_npz(path, ['imgname', 'center', 'scale', 'part'], NEEDED)
    count = len(names)
    if (part.ndim != 3 or (len(part), part.shape[2]) != (count, 3) or centers.shape != (count, 2)
            or scales.shape != (count,)):
        raise ValueError(f'{path}: imgname {names.shape}, center {centers.shape}, scale '
                         f'{scales.shape} and part {part.shape} must be (N,), (N, 2), (N,) and '
                         '(N, J, 3)')
    keep = np.array([fnmatch(str(name), images) for name in names], bool)
    if not keep.any():
        raise ValueError(f'{path}: none of {count} images matches {images!r}; the first is '
                         f'{str(names[0]) if count else None}')
    part = part[keep].astype(np.float64)
    table = PoseTable(path, None, np.where(part[..., 2:] > 0, part[..., :2], np.nan),
                      tuple(str(name) for name in names[keep]), ('',) * len(part),
                      boxes=dict(center_scale=center_scale_boxes(centers[keep], scales[keep])))
    return frame_poses(labelled_rows(table.without_marks()), box, padding)
