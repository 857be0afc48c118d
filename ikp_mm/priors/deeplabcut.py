"""Labels of DeepLabCut and lightning-pose projects, and their predictions, as priors."""
from __future__ import annotations

from pathlib import Path
from typing import Sequence

from ikp_mm.io.formats.deeplabcut import read_label_files
from ikp_mm.io.formats.pose_tables import choose_rows
from ikp_mm.priors.pose_sources import NamedPoses, pose_source
from ikp_mm.priors.table_framing import LANDMARKS, frame_poses


@pose_source('lightning_pose')
@pose_source('deeplabcut')
def deeplabcut_poses(path: str | Path, box: str | Path | Sequence[float] = LANDMARKS,
                     padding: float | None = None, subset: Sequence[int] | None = None,
                     min_likelihood: float | None = None, scorer: str | None = None,
                     source: str | None = None) -> NamedPoses:
    """Poses of a DeepLabCut project, or of one of its files; one pose for each animal of a frame.

    lightning-pose's CSV has DeepLabCut's header. That of its labels may have any name and lies in
    the project's folder, above the images that it names (``labeled-data/img01.png``).

    Args:
        path: the project's folder, one of its folders ``labeled-data/<video>``, or a CSV or H5
            file of labels or predictions.
        box, padding, source: what the frame is, see ``table_framing.row_boxes`` and
            ``table_framing.frame_poses``.
        subset: (start, stop[, step]) of the labelled frames, ordered by video and number.
        min_likelihood: predictions only, and needed there: points below it count as missing.
        scorer: whose labels, where a folder or file holds those of several people.

    Returns:
        Poses, NaN where a point is not labelled (``allow_missing=True`` of the prior lets them
        pass); rows without any point are left out, and counted in the log.

    Raises:
        FileNotFoundError, ValueError, ImportError: see ``read_label_files``, ``choose_rows`` and
            ``row_boxes``; predictions without ``min_likelihood``, labels with it.
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
