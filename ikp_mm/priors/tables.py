"""Labels and tracks that people have as priors: DeepLabCut, lightning-pose, SLEAP, COCO, .pts.

Their readers (``ikp_mm/io/formats``) give rows of points in pixels, framed here.
"""
from __future__ import annotations

from pathlib import Path
from typing import Sequence

from ikp_mm.io.formats.coco import read_coco
from ikp_mm.io.formats.deeplabcut import read_label_files
from ikp_mm.io.formats.pose_tables import choose_rows, labelled_rows
from ikp_mm.io.formats.pts import read_pts_tree
from ikp_mm.io.formats.sleap import read_sleap
from ikp_mm.priors.framing import LANDMARKS, frame_poses
from ikp_mm.priors.pose_sources import NamedPoses, pose_source


@pose_source('lightning_pose')
@pose_source('deeplabcut')
def deeplabcut_poses(path: str | Path, box: str | Path | Sequence[float] = LANDMARKS,
                     padding: float | None = None, subset: Sequence[int] | None = None,
                     min_likelihood: float | None = None, scorer: str | None = None,
                     source: str | None = None) -> NamedPoses:
    """Poses of a DeepLabCut project, or of one of its files; one pose for each animal of a frame,
    NaN where a point is not labelled. Rows without any point are left out, and counted in the log.

    lightning-pose's CSV has DeepLabCut's header. That of its labels may have any name and lies in
    the project's folder, above the images that it names (``labeled-data/img01.png``).

    Args:
        path: the project's folder, one of its folders ``labeled-data/<video>``, or a CSV or H5
            file of labels or predictions.
        box, padding, source: what the frame is, see ``row_boxes`` and ``frame_poses``.
        subset: (start, stop[, step]) of the labelled frames, ordered by video and number.
        min_likelihood: predictions only, and needed there: points below it count as missing.
        scorer: whose labels, where a folder or file holds those of several people.

    Raises: see ``read_label_files``, ``choose_rows``, ``row_boxes``; ValueError: predictions
        without ``min_likelihood`` or labels with it.
    """
    table = read_label_files(path, scorer)
    if (table.scores is None) != (min_likelihood is None):
        raise ValueError(
            f'{table.path} holds labels without likelihood: leave out min_likelihood'
            if table.scores is None else
            f'{table.path} holds predictions (it has likelihoods), not labels: say '
            'min_likelihood=..., below which points count as missing')
    table = table if min_likelihood is None else table.sure(min_likelihood)
    return frame_poses(choose_rows(table, subset), box, padding, source)


@pose_source('sleap')
def sleap_poses(path: str | Path, box: str | Path | Sequence[float] = LANDMARKS,
                padding: float | None = None, subset: Sequence[int] | None = None,
                min_score: float = 0.0, source: str | None = None) -> NamedPoses:
    """Poses of an analysis export, one for each instance of a frame, NaN where a point is missing.

    Args:
        path: ``*.analysis.csv`` or ``*.analysis.h5``.
        box, padding, source: what the frame is, see ``row_boxes`` and ``frame_poses``. A box file
            must not go beyond the last frame in which there is an instance.
        subset: (start, stop[, step]) of the frames with an instance.
        min_score: points below it count as missing; those without a score, set by a person, stay.

    Raises: see ``read_sleap``, ``choose_rows``, ``row_boxes``; ValueError: ``min_score`` of a file
        without scores.
    """
    table = read_sleap(path)
    if min_score > 0:
        if table.scores is None:
            raise ValueError(f'{table.path} has no scores: leave out min_score')
        table = table.sure(min_score)
    return frame_poses(choose_rows(table, subset), box, padding, source)


@pose_source('coco')
def coco_poses(ann_file: str | Path, box: str | Path | Sequence[float] = 'bbox',
               padding: float = 1.25, category: str | int | None = None) -> NamedPoses:
    """Poses of a COCO-style keypoint json, MMPose's face jsons among them; NaN where v = 0, named
    as in ``categories``. Annotations without a labelled joint, or without such a box, are left
    out, and counted in the log.

    Args:
        ann_file: the json.
        box: what the frame is: 'bbox' or 'center_scale' of the annotation, 'image' (the square
            around the whole image), or what ``row_boxes`` knows besides.
        padding: enlarges it.
        category: name or id of the category whose annotations are read, see ``read_coco``.

    Raises: see ``read_coco`` and ``row_boxes``.
    """
    return frame_poses(labelled_rows(read_coco(ann_file, category)), box, padding)


@pose_source('pts')
def pts_poses(root: str | Path, pattern: str = '**/*.pts', padding: float = 1.25,
              num_points: int | None = None) -> NamedPoses:
    """Landmarks of all .pts files below a folder, each framed by its own landmarks' box.

    Args:
        root, pattern, num_points: see ``read_pts_tree``.
        padding: enlarges the box.

    Raises: see ``read_pts_tree``.
    """
    return frame_poses(labelled_rows(read_pts_tree(root, pattern, num_points)), LANDMARKS, padding)
