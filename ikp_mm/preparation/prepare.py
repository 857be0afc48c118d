"""Prepare one video: find the figure, cut clips out, report what was kept and what was dropped.

A finished video is the folder ``<out>/<name>/`` with ``000/0000.jpg`` ..., ``boxes.csv`` and
``report.json``. It is made in a hidden folder and renamed when it is whole, so an interrupted one
leaves no trace that a clip source would read.
"""
from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np

from ikp_mm.io.atomic import whole_folder
from ikp_mm.io.formats.boxes import write_box_file
from ikp_mm.io.frame_sources import FrameSource, UnreadableVideoError
from ikp_mm.io.workers import count_done

from .clip_writing import write_clips
from .croppers import CropError, Cropper
from .cuts import find_cuts
from .planning import NOTHING_FOUND, Plan, plan_unordered, plan_video
from .settings import PrepareSettings
from .tracks import squares, without_outliers

REPORT = 'report.json'
BOXES = 'boxes.csv'


def finished_report(out: Path, video: FrameSource, settings: PrepareSettings,
                    overwrite: bool = False) -> dict | None:
    """The report of a video that was already prepared in just this way; None when it was not, or
    is to be made anew (``overwrite``).

    Raises:
        FileExistsError: its folder is there but is not this tool's, or, unless ``overwrite``, was
            made with other settings or from another file.
    """
    folder = out / video.name
    if not folder.exists():
        return None
    if not (folder / REPORT).is_file():
        raise FileExistsError(f'{folder} is in the way: it holds no {REPORT}, so this tool did not '
                              'make it')
    if overwrite:
        return None
    report = json.loads((folder / REPORT).read_text(encoding='utf-8'))
    now = dict(settings=settings.record(), source=str(video.path.resolve()), bytes=video.bytes)
    changed = [f'{key}: {report.get(key)} there, {value} now' for key, value in now.items()
               if report.get(key) != value]
    if changed:
        raise FileExistsError(f'{folder} was made differently ({"; ".join(changed)}): choose '
                              'another --out, or make it anew with --overwrite')
    return report


def prepare_video(video: FrameSource, out: Path, settings: PrepareSettings,
                  cropper: Cropper | None = None) -> dict:
    """Cut the clips of one video.

    Args:
        video: the source.
        out: folder in which ``<name>/`` is made.
        cropper: one of these settings that has looked at all videos; None makes one, which has not.

    Returns:
        dict: its report, which is also written: ``kept`` and ``dropped`` (each with first and last
        frame as numbers of the video's own frames, and the reason), counts, ``problem``.

    Raises:
        FileExistsError: ``<out>/<name>`` is there.
        UnreadableVideoError: the video cannot be read at all.
        CropError: it cannot be cropped so.
        ValueError: the cropper's boxes are none, or not one a frame; another step than the
            source's.
    """
    if video.step != settings.step:
        raise ValueError(f'{video.path} is read by step {video.step}, but the settings say '
                         f'{settings.step}')
    cropper = settings.make_cropper() if cropper is None else cropper
    with whole_folder(out / video.name, REPORT, 'prepared video', overwrite=False) as partial:
        return _write_video(video, partial, settings, cropper)


def _write_video(video: FrameSource, folder: Path, settings: PrepareSettings, cropper: Cropper
                 ) -> dict:
    """Write all that belongs to a video into a folder; its report."""
    count, cuts = find_cuts(video)
    found = squares(cropper.boxes(video))
    if len(found) != count:
        raise ValueError(f"{video.path}: {count} frames, but crop '{settings.crop}' gave "
                         f'{len(found)} boxes')
    if settings.unordered:
        cuts, tracked = [], found
        plan = plan_unordered(folder, found, cropper.why_missing, settings)
    else:
        tracked = without_outliers(found)
        plan = plan_video(folder, tracked, cuts, cropper.why_missing, settings)
    write_clips(video, plan.clips, settings.size)
    if settings.still_crop and cropper.background is not None:
        for clip in plan.clips:
            clip.add_background(cropper.background, settings.size)
    numbers = video.numbers
    # The squares of all clips, near-still ones too, as boxes of the video's own frames.
    used = [(numbers[t], np.array([x - side / 2, y - side / 2, x + side / 2, y + side / 2]))
            for clip in plan.clips for t, (x, y, side) in zip(clip.frames, clip.squares)]
    write_box_file(folder / BOXES, {video.name: used})
    kept = _keep_moving(plan, settings, numbers)
    dropped = [dict(entry, first=numbers[entry['first']], last=numbers[entry['last']])
               for entry in plan.dropped]
    seen = ~np.isnan(found[:, 0])
    report = dict(
        name=video.name, source=str(video.path.resolve()), bytes=video.bytes,
        settings=settings.record(), problem=video.problem, frames=count,
        frames_in_source=video.num_read, frames_without_box=int((~seen).sum()),
        why_without_box=dict(Counter(cropper.why_missing.get(int(t), NOTHING_FOUND)
                                     for t in np.flatnonzero(~seen))),
        outlying_boxes=int((seen & np.isnan(tracked[:, 0])).sum()),
        cuts=[numbers[cut] for cut in cuts], kept=kept,
        dropped=sorted(dropped, key=lambda entry: entry['first']))
    (folder / REPORT).write_text(json.dumps(report, indent=1), encoding='utf-8')
    return report


class VideoPreparer:
    """Called with a video, prepares it and returns its report, or as a text why it failed; see
    ``prepare_video``."""

    def __init__(self, out: Path, settings: PrepareSettings, cropper: Cropper) -> None:
        self.out, self.settings, self.cropper = out, settings, cropper

    @classmethod
    def in_worker(cls, out: Path, settings: PrepareSettings, seen: object) -> VideoPreparer:
        """One with a cropper of its own; ``seen``: what ``Cropper.look_at_all`` returned."""
        cropper = settings.make_cropper()
        cropper.use(seen)
        return cls(out, settings, cropper)

    def __call__(self, video: FrameSource) -> dict | str:
        video.on_frame = lambda video, t: count_done()
        try:
            return prepare_video(video, self.out, self.settings, self.cropper)
        except (UnreadableVideoError, CropError) as error:
            return str(error)
        finally:
            video.on_frame = None


def _keep_moving(plan: Plan, settings: PrepareSettings, numbers: list[int]) -> list[dict]:
    """Remove near-still clips, number the others, describe them."""
    kept = []
    for clip in plan.clips:
        motion, first, last = clip.motion, int(clip.frames[0]), int(clip.frames[-1])
        if motion < settings.min_motion:
            plan.drop(first, last + 1, 'near-still', frames=len(clip.frames),
                      motion=round(motion, 2))
            clip.remove()
            continue
        clip.rename(f'{len(kept):03d}')
        kept.append(dict(
            clip=clip.folder.name, first=numbers[first], last=numbers[last],
            frames=len(clip.frames), found=clip.found, motion=round(motion, 2),
            mean_side=round(float(clip.squares[:, 2].mean()), 1), outside=round(clip.outside, 3)))
    return kept
