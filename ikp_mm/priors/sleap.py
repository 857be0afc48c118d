"""SLEAP's analysis exports as priors."""
from __future__ import annotations

from pathlib import Path
from typing import Sequence

from ikp_mm.io.formats.pose_tables import choose_rows
from ikp_mm.io.formats.sleap import read_sleap
from ikp_mm.priors.pose_sources import NamedPoses, pose_source
from ikp_mm.priors.table_framing import LANDMARKS, frame_poses


@pose_source('sleap')
def sleap_poses(path: str | Path, box: str | Path | Sequence[float] = LANDMARKS,
                padding: float | None = None, subset: Sequence[int] | None = None,
                min_score: float = 0.0, source: str | None = None) -> NamedPoses:
    """Poses of an analysis export; one pose for each instance of a frame.

    Args:
        path: ``*.analysis.csv`` or ``*.analysis.h5``.
        box, padding, source: what the frame is, see ``table_framing.row_boxes`` and
            ``table_framing.frame_poses``. With a box file, that must not go beyond the last frame
            in which there is an instance.
        subset: (start, stop[, step]) of the frames with an instance.
        min_score: points below it count as missing; those without a score, set by a person, stay.

    Returns:
        Poses, NaN where a point is missing (``allow_missing=True`` of the prior lets them pass).

    Raises:
        FileNotFoundError, ValueError: see ``read_sleap``, ``choose_rows`` and ``row_boxes``;
            ``min_score`` of a file without scores.
        ImportError: HDF5, and h5py is not installed.
    """
    table = read_sleap(path)
    if min_score > 0:
        if table.scores is None:
            raise ValueError(f'{table.path} has no scores: leave out min_score')
        table = table.sure(min_score)
    return frame_poses(choose_rows(table, subset), box, padding, source)
