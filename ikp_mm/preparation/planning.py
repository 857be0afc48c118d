"""From squares found frame by frame to the clips to write, and what is dropped for them alone."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np

from .clip_writing import Clip
from .settings import PrepareSettings
from .tracks import pieces, smooth_run, split_runs, still_pieces

# A run whose figure was found in fewer of its frames is mostly guessed.
MIN_FOUND = 0.5
NOTHING_FOUND = 'nothing found'


class Plan:
    """Clips to write into a folder, and stretches that are dropped.

    Attributes:
        clips (list[Clip]): in order of their frames.
        dropped (list[dict]): ``first``, ``last`` (numbers of frames given out), ``frames``,
            ``reason`` and what else is to be said.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clips: list[Clip] = []
        self.dropped: list[dict] = []

    def keep(self, frames: np.ndarray, squares: np.ndarray, found: int) -> None:
        name = f'clip{len(self.clips):06d}'
        self.clips.append(Clip(self.folder / name, frames, squares, found))

    def drop(self, start: int, stop: int, reason: str, **details: float) -> None:
        """Frames [start, stop), or only ``frames`` of them."""
        entry = dict(first=start, last=stop - 1, frames=stop - start, reason=reason)
        self.dropped.append({**entry, **details})

    def drop_missing(self, start: int, stop: int, why: Mapping[int, str]) -> None:
        """Frames [start, stop) without a box: a stretch for each reason."""
        for reason, stretch in groupby(range(start, stop), lambda t: why.get(t, NOTHING_FOUND)):
            first, *others = stretch
            self.drop(first, first + 1 + len(others), reason)


def plan_video(folder: Path, tracked: np.ndarray, cuts: Sequence[int], why: Mapping[int, str],
               settings: PrepareSettings) -> Plan:
    """Clips of a video whose frames follow one another.

    Args:
        folder: of the video's clips.
        tracked: (T, 3) squares, outliers left out.
        cuts, why: frames that begin a new shot; frames without a box -> why.
    """
    plan, last = Plan(folder), 0
    for start, stop in split_runs(tracked, cuts, settings.max_gap):
        if start > last:
            plan.drop_missing(last, start, why)
        last = stop
        there = ~np.isnan(tracked[start:stop, 0])
        if stop - start < settings.min_frames:
            plan.drop(start, stop, 'too short')
        elif there.mean() < MIN_FOUND:
            plan.drop(start, stop, 'rarely found', found=float(there.mean()))
        else:
            _plan_run(plan, start, smooth_run(tracked[start:stop], settings.smooth), there,
                      settings)
    if last < len(tracked):
        plan.drop_missing(last, len(tracked), why)
    return plan


def _plan_run(plan: Plan, start: int, smooth: np.ndarray, there: np.ndarray,
              settings: PrepareSettings) -> None:
    margin = settings.used_margin()
    if not settings.still_crop:
        following = smooth * (1, 1, margin)
        cut = [(a, b, following[a:b]) for a, b in pieces(0, len(smooth), settings.max_frames)]
    else:
        cut = [(a, b, np.tile(square, (b - a, 1)))
               for a, b, square in still_pieces(smooth, margin, settings.max_frames)]
    for first, end, squares in cut:
        if settings.still_crop and end - first < settings.min_frames:
            plan.drop(start + first, start + end, 'too fast for a still crop')
            continue
        plan.keep(np.arange(start + first, start + end), squares, int(there[first:end].sum()))


def plan_unordered(folder: Path, found: np.ndarray, why: Mapping[int, str],
                   settings: PrepareSettings) -> Plan:
    """Clips of a folder whose images do not follow one another: each image by its own box, of
    ``found`` (T, 3); see ``plan_video``."""
    plan = Plan(folder)
    there = np.flatnonzero(~np.isnan(found[:, 0]))
    squares = found[there] * (1, 1, settings.used_margin())
    missing = np.setdiff1d(np.arange(len(found)), there)
    for stretch in np.split(missing, np.flatnonzero(np.diff(missing) > 1) + 1):
        if len(stretch):
            plan.drop_missing(int(stretch[0]), int(stretch[-1]) + 1, why)
    if len(there) < settings.min_frames:
        for t in there:
            plan.drop(int(t), int(t) + 1, 'too short')
        return plan
    for first, end in pieces(0, len(there), settings.max_frames):
        plan.keep(there[first:end], squares[first:end], end - first)
    return plan
