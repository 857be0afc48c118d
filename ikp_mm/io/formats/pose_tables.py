"""Labels and tracks that people have: rows of points in pixels, one ``PoseTable`` for all formats.

Priors and evaluation datasets frame its rows alike, see ``priors/framing.py``.

Convention: pixels, centres at integers, (x, y), y down.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
        path: the file or folder, for messages and to find its images.
        joints: J names, None where the file has none.
        keypoints: (N, J, 2) float64 pixels, NaN where a joint is not labelled.
        frames: N image paths with '/', as the file has them, or N numbers of a video's frames.
        figures: N names of animals, tracks or annotations, '' where the file names none.
        scores: (N, J), NaN for points that a person set; None when the file has none.
        boxes: the file's own boxes (x0, y0, x1, y1) by kind, (N, 4), NaN where a row has none.
    """

    path: Path
    joints: tuple[str, ...] | None
    keypoints: np.ndarray
    frames: tuple[str, ...] | tuple[int, ...]
    figures: tuple[str, ...]
    scores: np.ndarray | None = None
    boxes: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def of_images(self) -> bool:
        """Whether ``frames`` are image paths."""
        return bool(self.frames) and isinstance(self.frames[0], str)

    def name(self, row: int) -> str:
        """What a row is called in messages: its image or frame, and its figure."""
        frame, figure = self.frames[row], self.figures[row]
        return (frame if self.of_images else f'frame {frame}') + (f' ({figure})' if figure else '')

    def take(self, rows: Sequence[int]) -> PoseTable:
        """The given rows, in this order."""
        return replace(
            self, keypoints=self.keypoints[rows],
            scores=None if self.scores is None else self.scores[rows],
            frames=tuple(self.frames[row] for row in rows),
            figures=tuple(self.figures[row] for row in rows),
            boxes={kind: boxes[rows] for kind, boxes in self.boxes.items()})

    def without(self, points: np.ndarray, why: str) -> PoseTable:
        """The given points (N, J) count as not labelled; how many, and ``why``, is logged."""
        if not points.any():
            return self
        row, joint = np.argwhere(points)[0]
        joint = joint if self.joints is None else f"'{self.joints[joint]}'"
        MMLogger.get_current_instance().warning(
            f'{self.path}: {int(points.sum())} points of {int(points.any(axis=1).sum())} of '
            f'{len(self)} poses {why} (first: joint {joint} of {self.name(row)}): they count as '
            'not labelled')
        return replace(self, keypoints=np.where(points[..., None], np.nan, self.keypoints))

    def without_marks(self) -> PoseTable:
        """Without the points that only mark a joint as not labelled, see ``is_mark``."""
        return self.without(is_mark(self.keypoints), MARKED)

    def sure(self, min_score: float) -> PoseTable:
        """Points with a score below ``min_score`` become NaN; those without a score stay."""
        unsure = np.less(self.scores, min_score, where=~np.isnan(self.scores),
                         out=np.zeros(self.scores.shape, bool))
        return replace(self, keypoints=np.where(unsure[..., None], np.nan, self.keypoints))


MARKED = 'lie at exactly (0, 0) or (-1, -1)'


def is_mark(points: np.ndarray) -> np.ndarray:
    """Which points (..., 2) lie at exactly (0, 0) or (-1, -1), as programs mark absent ones."""
    return (points == 0).all(axis=-1) | (points == -1).all(axis=-1)


def labelled_rows(table: PoseTable) -> PoseTable:
    """The rows with a point; how many have none is logged.

    Raises:
        ValueError: none has one.
    """
    there = np.flatnonzero(~np.isnan(table.keypoints).all(axis=(1, 2)))
    if not len(there):
        raise ValueError(f'{table.path}: none of {len(table)} rows has a point')
    if len(there) < len(table):
        MMLogger.get_current_instance().warning(
            f'{table.path}: left out {len(table) - len(there)} of {len(table)} rows without any '
            'point')
    return table.take(there)


def choose_rows(table: PoseTable, subset: Sequence[int] | None) -> PoseTable:
    """The ``labelled_rows`` of a part of the frames, ordered by frame.

    Args:
        table: rows in any order.
        subset: None, or (start, stop) or (start, stop, step) as in ``range``, counted in frames
            that have a point, in the natural order of their names or numbers.

    Raises:
        ValueError: nothing is left; another subset.
    """
    if subset is not None and len(subset) not in (2, 3):
        raise ValueError(f'subset is (start, stop) or (start, stop, step), got {subset}')
    total = len(set(table.frames))
    table = labelled_rows(table)
    frames = sorted(set(table.frames), key=natural_key if table.of_images else int)
    place = {frame: number for number, frame in enumerate(
        frames[slice(None) if subset is None else slice(*subset)])}
    if not place:
        raise ValueError(f'{table.path}: subset={subset} leaves none of {len(frames)} frames that '
                         f'have a point (of {total})')
    rows = [row for row, frame in enumerate(table.frames) if frame in place]
    return table.take(sorted(rows, key=lambda row: place[table.frames[row]]))


def image_paths(table: PoseTable) -> list[Path]:
    """Where the images of a table lie: below the folder of its file or one of those above it, by
    as much of the end of their path as is found there; the file may have been written elsewhere.

    Raises:
        ValueError: the table has frame numbers; two of its images are the same file.
        FileNotFoundError: an image is in none of these places.
    """
    if not table.of_images:
        raise ValueError(f'{table.path} numbers the frames of a video and names no images')
    folder = table.path.resolve().parent
    folders = [folder, *folder.parents[:LEVELS_UP]]
    found = {}
    for frame in dict.fromkeys(table.frames):
        parts = PurePosixPath(frame).parts
        places = (above.joinpath(*parts[start:]) for start in range(len(parts))
                  for above in folders)
        found[frame] = next((place for place in places if place.is_file()), None)
    missing = [frame for frame, path in found.items() if path is None]
    if missing:
        raise FileNotFoundError(
            f'{missing[0]}, named in {table.path}, lies neither beside that file nor below one of '
            f'the {LEVELS_UP + 1} folders {folder} and above ({len(missing)} of {len(found)} '
            'images)')
    first: dict[Path, str] = {}
    for frame, path in found.items():
        if first.setdefault(path, frame) != frame:
            raise ValueError(f'{table.path} names {first[path]} and {frame}, but only {path} is '
                             'there: correct the names in the file, or give each video its own')
    return [found[frame] for frame in table.frames]
