"""Prepare one video: find the figure, cut clips out, report what was kept and what was dropped.

A finished video is the folder ``<out>/<name>/`` with ``000/0000.jpg`` ... and ``report.json``. It
is made below ``<out>/.partial`` and renamed when it is whole, so an interrupted one leaves no trace
that a clip source would read.
"""
from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import cv2
import numpy as np

from .croppers import CROPPERS
from .cropping import crop_square, motion_of, outside_fraction
from .cuts import find_cuts, thumbnail
from .reading import FrameSource
from .tracks import pieces, smooth_run, split_runs, squares, without_outliers

REPORT = 'report.json'
PARTIAL = '.partial'
JPEG_QUALITY = 95
# A run whose figure was found in fewer of its frames is mostly guessed.
MIN_FOUND = 0.5


@dataclasses.dataclass(frozen=True)
class PrepareSettings:
    """What decides the clips of a video; two videos prepared alike have the same settings.

    Attributes:
        crop: key of ``CROPPERS``.
        crop_options: arguments of the cropper.
        size: side of the clips in pixels.
        margin: side of the crop per side of the box; None takes the cropper's own.
        step: every ``step``-th frame.
        max_frames, min_frames: most and fewest frames of a clip.
        max_gap: frames without a box that are bridged.
        smooth: sigma of the Gaussian over the boxes in frames (after the step); 0 is none.
        min_motion: grey levels; a clip that moves less is near-still (``cropping.motion_of``).
    """

    crop: str
    crop_options: dict = dataclasses.field(default_factory=dict)
    size: int = 128
    margin: float | None = None
    step: int = 1
    max_frames: int = 200
    min_frames: int = 10
    max_gap: int = 5
    smooth: float = 3.0
    min_motion: float = 2.0

    def __post_init__(self) -> None:
        if self.crop not in CROPPERS:
            raise ValueError(f'crop must be one of {sorted(CROPPERS)}, got {self.crop!r}')
        if self.size < 8 or self.step < 1 or not 2 <= self.min_frames <= self.max_frames:
            raise ValueError('prepare needs size >= 8, step >= 1 and 2 <= min_frames <= max_frames,'
                             f' got {self.size}, {self.step}, {self.min_frames}, '
                             f'{self.max_frames}')
        if self.max_gap < 0 or self.smooth < 0 or self.min_motion < 0:
            raise ValueError('max_gap, smooth and min_motion are >= 0, got '
                             f'{self.max_gap}, {self.smooth}, {self.min_motion}')
        if self.margin is not None and self.margin <= 0:
            raise ValueError(f'margin must be positive, got {self.margin}')

    def used_margin(self) -> float:
        return CROPPERS[self.crop].margin if self.margin is None else float(self.margin)


class _Clip:
    """A clip while it is written: its frames and squares, and what is said of it."""

    def __init__(self, folder: Path, start: int, boxes: np.ndarray, found: int) -> None:
        self.folder, self.start, self.boxes, self.found = folder, start, boxes, found
        self.thumbnails: list[np.ndarray] = []
        self.outside = 0.0

    @property
    def stop(self) -> int:
        return self.start + len(self.boxes)

    def add(self, t: int, frame: np.ndarray, size: int) -> None:
        """Write frame t of the video."""
        square = self.boxes[t - self.start]
        image = crop_square(frame, square, size)
        height, width = frame.shape[:2]
        self.outside = max(self.outside, outside_fraction(square, width, height))
        self.thumbnails.append(thumbnail(image))
        self.folder.mkdir(exist_ok=True)
        path = self.folder / f'{t - self.start:04d}.jpg'
        if not cv2.imwrite(str(path), image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]):
            raise OSError(f'{path} cannot be written')


def finished_report(out: Path, video: FrameSource, settings: PrepareSettings
                    ) -> dict | None:
    """The report of a video that was already prepared in just this way, None when it was not.

    Raises:
        FileExistsError: its folder is there but is not this tool's, or was made with other
            settings or from another file.
    """
    folder = out / video.name
    if not folder.exists():
        return None
    if not (folder / REPORT).is_file():
        raise FileExistsError(f'{folder} is in the way: it holds no {REPORT}, so this tool did not '
                              'make it')
    report = json.loads((folder / REPORT).read_text(encoding='utf-8'))
    now = dict(settings=_settings_record(settings), source=str(video.path.resolve()),
               bytes=video.bytes)
    changed = [f'{key}: {report.get(key)} there, {value} now' for key, value in now.items()
               if report.get(key) != value]
    if changed:
        raise FileExistsError(f'{folder} was made differently ({"; ".join(changed)}): choose '
                              'another --out, or make it anew with --overwrite')
    return report


def prepare_video(video: FrameSource, out: Path, settings: PrepareSettings) -> dict:
    """Cut the clips of one video.

    Args:
        video: the source.
        out: folder in which ``<name>/`` is made.
        settings: see there.

    Returns:
        dict: its report, which is also written: ``kept`` and ``dropped`` (each with first and last
        frame as numbers of the video's own frames, and the reason), counts, ``problem``.

    Raises:
        FileExistsError: ``<out>/<name>`` is there.
        UnreadableVideoError: the video cannot be read at all.
        ValueError: the cropper's boxes are none, or not one a frame; another step than the
            source's.
    """
    if video.step != settings.step:
        raise ValueError(f'{video.path} is read by step {video.step}, but the settings say '
                         f'{settings.step}')
    if (out / video.name).exists():
        raise FileExistsError(f'{out / video.name} is there already')
    partial = out / PARTIAL / video.name
    if partial.exists():  # left by an interrupted run
        shutil.rmtree(partial)
    partial.mkdir(parents=True)
    count, cuts = find_cuts(video)
    found = squares(CROPPERS[settings.crop](**settings.crop_options).boxes(video))
    if len(found) != count:
        raise ValueError(f"{video.path}: {count} frames, but crop '{settings.crop}' gave "
                         f'{len(found)} boxes')
    tracked = without_outliers(found)
    clips, dropped = _plan(partial, tracked, cuts, settings)
    _write(video, clips, settings.size)
    kept = _keep_moving(clips, dropped, settings, partial)
    seen = ~np.isnan(found[:, 0])
    report = dict(
        name=video.name, source=str(video.path.resolve()), bytes=video.bytes,
        settings=_settings_record(settings), problem=video.problem, frames=count,
        frames_in_source=video.num_read, frames_without_box=int((~seen).sum()),
        outlying_boxes=int((seen & np.isnan(tracked[:, 0])).sum()),
        cuts=[cut * settings.step for cut in cuts], kept=kept,
        dropped=_in_source_frames(dropped, settings.step))
    (partial / REPORT).write_text(json.dumps(report, indent=1), encoding='utf-8')
    partial.rename(out / video.name)
    return report


def _plan(folder: Path, tracked: np.ndarray, cuts: list[int], settings: PrepareSettings
          ) -> tuple[list[_Clip], list[dict]]:
    """Clips to write, and what is dropped for its boxes alone."""
    clips, dropped, last = [], [], 0
    for start, stop in split_runs(tracked, cuts, settings.max_gap):
        if start > last:
            dropped.append(_dropped(last, start, 'nothing found'))
        last = stop
        there = ~np.isnan(tracked[start:stop, 0])
        if stop - start < settings.min_frames:
            dropped.append(_dropped(start, stop, 'too short'))
            continue
        if there.mean() < MIN_FOUND:
            dropped.append(_dropped(start, stop, 'rarely found', found=float(there.mean())))
            continue
        smooth = smooth_run(tracked[start:stop], settings.smooth)
        smooth[:, 2] *= settings.used_margin()
        for first, end in pieces(start, stop, settings.max_frames):
            clips.append(_Clip(folder / f'clip{len(clips):06d}', first,
                               smooth[first - start:end - start],
                               int(there[first - start:end - start].sum())))
    if last < len(tracked):
        dropped.append(_dropped(last, len(tracked), 'nothing found'))
    return clips, dropped


def _write(video: FrameSource, clips: list[_Clip], size: int) -> None:
    """All clips in one pass; they follow one another and do not overlap."""
    remaining = iter(clips)
    clip = next(remaining, None)
    for t, frame in enumerate(video):
        if clip is not None and t >= clip.stop:
            clip = next(remaining, None)
        if clip is not None and t >= clip.start:
            clip.add(t, frame, size)


def _keep_moving(clips: list[_Clip], dropped: list[dict], settings: PrepareSettings,
                 folder: Path) -> list[dict]:
    """Remove near-still clips, number the others, describe them."""
    kept = []
    for clip in clips:
        motion = motion_of(clip.thumbnails)
        if motion < settings.min_motion:
            dropped.append(_dropped(clip.start, clip.stop, 'near-still', motion=round(motion, 2)))
            shutil.rmtree(clip.folder)
            continue
        name = f'{len(kept):03d}'
        clip.folder.rename(folder / name)
        kept.append(dict(
            clip=name, first=clip.start * settings.step, last=(clip.stop - 1) * settings.step,
            frames=len(clip.boxes), found=clip.found, motion=round(motion, 2),
            mean_side=round(float(clip.boxes[:, 2].mean()), 1), outside=round(clip.outside, 3)))
    return kept


def _dropped(start: int, stop: int, reason: str, **details: float) -> dict:
    return dict(first=start, last=stop - 1, frames=stop - start, reason=reason, **details)


def _in_source_frames(dropped: list[dict], step: int) -> list[dict]:
    scaled = [dict(entry, first=entry['first'] * step, last=entry['last'] * step)
              for entry in dropped]
    return sorted(scaled, key=lambda entry: entry['first'])


def _settings_record(settings: PrepareSettings) -> dict:
    record = dataclasses.asdict(settings)
    record['margin'] = settings.used_margin()
    return record
