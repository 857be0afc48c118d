"""Trees of .pts files as a prior."""
from __future__ import annotations

from pathlib import Path

from ikp_mm.io.formats.pose_tables import labelled_rows
from ikp_mm.io.formats.pts import read_pts_tree
from ikp_mm.priors.pose_sources import NamedPoses, pose_source
from ikp_mm.priors.table_framing import LANDMARKS, frame_poses


@pose_source('pts')
def pts_poses(root: str | Path, pattern: str = '**/*.pts', padding: float = 1.25,
              num_points: int | None = None) -> NamedPoses:
    """Landmarks of all .pts files below a folder, each framed by its own landmarks' box: a .pts
    file knows no other.

    Args:
        root, pattern, num_points: see ``read_pts_tree``.
        padding: enlarges the box.

    Raises: see ``read_pts_tree``.
    """
    return frame_poses(labelled_rows(read_pts_tree(root, pattern, num_points)), LANDMARKS, padding)
