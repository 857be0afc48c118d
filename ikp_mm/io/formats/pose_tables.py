"""Labels and tracks that people have: rows of named points in pixels.

What DeepLabCut, lightning-pose and SLEAP write becomes one ``PoseTable``; priors and evaluation
datasets frame its rows alike, see ``priors/table_framing.py``.

Convention: pixels, centres at integers, (x, y), y down.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
from mmengine.logging import MMLogger

from ikp_mm.io.find import natural_key

# Folders above a label file that may hold its images: labeled-data/<video>/<file> lies two below.
LEVELS_UP = 3


@dataclass(frozen=True)
class PoseTable:
    """N poses of the same J joints.

    Attributes:
        path: the file, for messages and to find its images.
        joints: J names.
        keypoints: (N, J, 2) float64 pixels, NaN where a joint is not labelled.
        scores: (N, J), NaN for points that a person set; None when the file has none.
        frames: N image paths with '/', as the file has them, or N numbers of a video's frames.
        figures: N names of animals or tracks, '' where the file names none.
    """

    path: Path
    joints: tuple[str, ...]
    keypoints: np.ndarray
    scores: np.ndarray | None
    frames: tuple[str, ...] | tuple[int, ...]
    figures: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def of_images(self) -> bool:
        """Whether ``frames`` are image paths."""
        return bool(self.frames) and isinstance(self.frames[0], str)

    def take(self, rows: Sequence[int]) -> PoseTable:
        """The given rows, in this order."""
        return replace(
            self, keypoints=self.keypoints[rows],
            scores=None if self.scores is None else self.scores[rows],
            frames=tuple(self.frames[row] for row in rows),
            figures=tuple(self.figures[row] for row in rows))

    def sure(self, min_score: float) -> PoseTable:
        """Points with a score below ``min_score`` become NaN; those without a score stay."""
        unsure = np.less(self.scores, min_score, where=~np.isnan(self.scores),
                         out=np.zeros(self.scores.shape, bool))
        return replace(self, keypoints=np.where(unsure[..., None], np.nan, self.keypoints))


def choose_rows(table: PoseTable, subset: Sequence[int] | None) -> PoseTable:
    """Rows with a point, ordered by frame, of a part of the frames.

    Args:
        table: rows in any order; those without any point are left out, and counted in the log.
        subset: None, or (start, stop) or (start, stop, step) as in ``range``, counted in frames
            that have a point, in the natural order of their names or numbers.

    Raises:
        ValueError: nothing is left; another subset.
    """
    if subset is not None and len(subset) not in (2, 3):
        raise ValueError(f'subset is (start, stop) or (start, stop, step), got {subset}')
    there = np.flatnonzero(~np.isnan(table.keypoints).all(axis=(1, 2)))
    key = natural_key if table.of_images else int
    frames = sorted({table.frames[row] for row in there}, key=key)
    chosen = frames[slice(None) if subset is None else slice(*subset)]
    if not chosen:
        raise ValueError(f'{table.path}: subset={subset} leaves none of {len(frames)} frames that '
                         f'have a point (of {len(set(table.frames))})')
    if len(there) < len(table):
        MMLogger.get_current_instance().warning(
            f'{table.path}: left out {len(table) - len(there)} of {len(table)} rows without any '
            'point')
    place = {frame: number for number, frame in enumerate(chosen)}
    rows = [row for row in there if table.frames[row] in place]
    return table.take(sorted(rows, key=lambda row: place[table.frames[row]]))


def image_paths(table: PoseTable) -> list[Path]:
    """Where the images of a table lie: below the folder of its file or one of those above it, or
    beside the file.

    Raises:
        ValueError: the table has frame numbers.
        FileNotFoundError: the first image is in none of these places.
    """
    if not table.of_images:
        raise ValueError(f'{table.path} numbers the frames of a video and names no images')
    folder = table.path.resolve().parent
    first = table.frames[0]
    for base in [folder, *folder.parents[:LEVELS_UP]]:
        if (base / first).is_file():
            return [base / frame for frame in table.frames]
    beside = [folder / PurePosixPath(frame).name for frame in table.frames]
    if beside[0].is_file():
        return beside
    raise FileNotFoundError(f'{first}, named in {table.path}, lies neither beside that file nor '
                            f'below one of the {LEVELS_UP + 1} folders {folder} and above')
