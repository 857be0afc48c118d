"""Keypoints of COCO-style json files as a prior, MMPose's face jsons among them."""
from __future__ import annotations

from pathlib import Path
from typing import Sequence

from ikp_mm.io.formats.coco import read_coco
from ikp_mm.io.formats.pose_tables import labelled_rows
from ikp_mm.priors.pose_sources import NamedPoses, pose_source
from ikp_mm.priors.table_framing import frame_poses


@pose_source('coco')
def coco_poses(ann_file: str | Path, box: str | Path | Sequence[float] = 'bbox',
               padding: float = 1.25, category: str | int | None = None) -> NamedPoses:
    """Poses of a COCO-style keypoint json.

    Args:
        ann_file: the json.
        box: what the frame is: 'bbox' or 'center_scale' of the annotation, 'image' (the square
            around the whole image), or what ``table_framing.row_boxes`` knows besides.
        padding: enlarges it.
        category: name or id of the category whose annotations are read, see ``read_coco``.

    Returns:
        Poses, NaN where v = 0; names from ``categories``, if it has any. Annotations without a
        labelled joint, or without such a box, are left out, and counted in the log.

    Raises:
        FileNotFoundError, ValueError: see ``read_coco`` and ``row_boxes``.
    """
    return frame_poses(labelled_rows(read_coco(ann_file, category)), box, padding)
