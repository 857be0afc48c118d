"""Loading alone: frame pairs a second from folders, videos and packed clips.

The clips are synthetic people at 160 px, written as JPEG folders (quality 95), as MP4 videos and
packed, so that all show the same. Pairs are those of the configurations for synthetic people: the
background is the clip's median, taken before the clock starts.
"""
from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count, cycle
from pathlib import Path

import numpy as np
from mmengine.fileio import get_file_backend
from torch.utils.data import DataLoader

from ikp_mm.clips.frame_pairs import FramePairDataset
from ikp_mm.clips.packed_clips import PackedClips
from ikp_mm.clips.packed_encoder import PackSettings
from ikp_mm.clips.packed_format import FRAME, clip_key, frame_key
from ikp_mm.clips.packed_writer import pack_clips, require_lmdb
from ikp_mm.preparation.clip_writing import write_jpeg
from ikp_mm.clips.samplers import GlobalDrawSampler
from ikp_mm.synthetic import SyntheticClips
from ikp_mm.visualization.video_writer import VideoWriter

from benchmarks.timing import alternate

FULL_SIZE = 160
# As in configs/_base_/datasets/synthetic_people_64.py.
WEIGHING = dict(threshold=16.0, softness=8.0, blur=0.5, fill=127)
MEDIAN = dict(source='clip_median', **WEIGHING)
GIVEN = dict(source='given', **WEIGHING)
# All that a configuration can ask for, as projects/face_videos does.
MOVED = dict(augment=dict(flip=0.5, rotate_deg=20, scale=(0.85, 1.15), shift=0.1),
             appearance_warp=dict(points=3, strength=0.06))
# Largest share of a step that may be waiting.
WAITING = 0.1


@dataclass(frozen=True)
class Form:
    """One way to make pairs: its name, clip source, background, other options of the dataset."""

    name: str
    clips: dict
    background: dict
    options: dict = field(default_factory=dict)


def measure_loading(seconds: float = 40.0, sizes: tuple[int, ...] = (64, 128), num_clips: int = 12,
                    frames_per_clip: int = 24, pairs: int = 16, workers: int = 2,
                    steps: dict[int, tuple[float, int]] | None = None,
                    batch_size: int = 16) -> dict:
    """Pairs a second in one process, form beside form, and how long a loader takes to start.

    Args:
        seconds: time for the timed calls of all sizes together; writing the files, medians and
            loaders come on top.
        sizes: of the frames that are trained on.
        num_clips, frames_per_clip: of the set that is written.
        pairs: in one timed call.
        workers: of the loaders that are started.
        steps: size -> (seconds, pairs) of a training step, where they were measured: what loading
            needs for it is then worked out.
        batch_size: of the loaders.

    Returns:
        dict: the settings, ``rows`` (size, form, bytes on disk, pairs_per_second: median, low,
        high; ratio to JPEG folders, start_seconds until the first batch), ``layouts`` (see
        ``measure_layouts``) and ``needs`` (size, step_seconds, images_per_second, and workers of
        each form that supply them).
    """
    rows = []
    with tempfile.TemporaryDirectory(prefix='ikp_mm_loading_') as folder:
        _write_clips(Path(folder), num_clips, frames_per_clip)
        for size in sizes:
            rows += _measure_size(Path(folder), size, seconds / len(sizes), pairs, workers,
                                  batch_size)
    return dict(num_clips=num_clips, frames_per_clip=frames_per_clip, full_size=FULL_SIZE,
                workers=workers, batch_size=batch_size, rows=rows, layouts=measure_layouts(),
                needs=[loading_needs(rows, size, *step)
                       for size, step in (steps or {}).items()])


def measure_layouts(seconds: float = 4.0, sizes: tuple[int, ...] = (64, 128), num_clips: int = 40,
                    frames_per_clip: int = 24, pairs: int = 50) -> list[dict]:
    """One value a frame beside one value a clip: random pairs of raw frames from LMDB alone.

    Args:
        seconds: time for all.
        sizes: of the frames.
        num_clips, frames_per_clip: of the databases that are written.
        pairs: in one timed call.

    Returns:
        list: per size and layout ``size``, ``layout``, ``bytes_per_frame``, ``pairs_per_second``,
        ``low``, ``high``.
    """
    rows = []
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix='ikp_mm_layouts_') as folder:
            rows += _measure_layouts(Path(folder), size, seconds / len(sizes), num_clips,
                                     frames_per_clip, pairs)
    return rows


def table_layouts(rows: list[dict]) -> str:
    """Markdown: a row a size and layout."""
    return '\n'.join(
        ['| frames | one value a | bytes a frame | pairs/s (10 % - 90 %) |', '|---|---|---|---|']
        + [f"| {row['size']} px | {row['layout']} | {row['bytes_per_frame']:.0f} | "
           f"{row['pairs_per_second']:.0f} ({row['low']:.0f} - {row['high']:.0f}) |"
           for row in rows])


def loading_needs(rows: list[dict], size: int, step_seconds: float, batch_size: int) -> dict:
    """What keeps waiting within 10 % of a step.

    A pair is two frames. A step that waits a share w of its time takes s / (1 - w), so at least
    (1 - w) B / s pairs a second must come.

    Args:
        rows: of ``measure_loading``.
        size: of the frames.
        step_seconds: s, a step without loading.
        batch_size: B.

    Returns:
        dict: ``images_per_second`` (two a pair), and ``workers``: form -> how many processes
        supply that, each as fast as the one that was measured.
    """
    needed = (1 - WAITING) * batch_size / step_seconds
    return dict(size=size, step_seconds=step_seconds, batch_size=batch_size,
                images_per_second=2 * needed,
                workers={row['form']: int(np.ceil(needed / row['pairs_per_second']))
                         for row in rows if row['size'] == size})


def table_loading(result: dict) -> str:
    """Markdown: a row a form and size; below it what a training step needs."""
    lines = [f"{result['num_clips']} clips of {result['frames_per_clip']} frames, "
             f"{result['full_size']} px on disk; one process; {result['workers']} workers started.",
             '', '| frames | read from | MB on disk | pairs/s (10 % - 90 %) | '
             'times JPEG folders | start of a loader, s |', '|---|---|---|---|---|---|']
    for row in result['rows']:
        lines.append(
            f"| {row['size']} px | {row['form']} | {row['bytes'] / 1e6:.1f} | "
            f"{row['pairs_per_second']:.0f} ({row['low']:.0f} - {row['high']:.0f}) | "
            f"{row['ratio']:.2f} | {row['start_seconds']:.2f} |")
    for need in result['needs']:
        workers = ', '.join(f'{form}: {number}' for form, number in need['workers'].items())
        lines += ['', f"A step of {1e3 * need['step_seconds']:.0f} ms at {need['size']} px, batch "
                  f"{need['batch_size']}, waits at most {100 * WAITING:.0f} % of its time from "
                  f"{need['images_per_second']:.0f} images/s on. Workers for that: {workers}."]
    return '\n'.join(lines)


def _measure_layouts(folder: Path, size: int, seconds: float, num_clips: int,
                     frames_per_clip: int, pairs: int) -> list[dict]:
    nbytes = 3 * size * size
    clip = np.random.default_rng(0).bytes(nbytes * frames_per_clip)
    for layout in ('frame', 'clip'):
        environment = require_lmdb().open(str(folder / layout), lock=False, sync=False,
                                          map_size=2 * num_clips * len(clip) + 2**24)
        with environment.begin(write=True) as transaction:
            for c in range(num_clips):
                if layout == 'clip':
                    transaction.put(clip_key(c, FRAME).encode(), clip)
                for t in range(frames_per_clip if layout == 'frame' else 0):
                    transaction.put(frame_key(c, t, FRAME).encode(),
                                    clip[t * nbytes:(t + 1) * nbytes])
        environment.close()
    by_frame, by_clip = (
        get_file_backend(backend_args=dict(backend='lmdb', db_path=str(folder / layout)))
        for layout in ('frame', 'clip'))
    drawn = np.random.default_rng(1).integers((num_clips, frames_per_clip, frames_per_clip),
                                              size=(1000, 3)).tolist()

    def drawing(read: Callable[[int, int, int], object]) -> Callable[[], None]:
        numbers = cycle(drawn)

        def draw() -> None:
            for _ in range(pairs):
                read(*next(numbers))
        return draw

    def frames(c: int, t: int, other: int) -> None:
        for number in (t, other):
            np.frombuffer(by_frame.get(frame_key(c, number, FRAME)), np.uint8)

    def clips(c: int, t: int, other: int) -> None:
        value = by_clip.get(clip_key(c, FRAME))
        for number in (t, other):
            np.frombuffer(value, np.uint8, nbytes, number * nbytes)

    timings = alternate(dict(frame=drawing(frames), clip=drawing(clips)), seconds)
    return [dict(size=size, layout=layout, pairs_per_second=pairs / timing.median,
                 low=pairs / timing.high, high=pairs / timing.low,
                 bytes_per_frame=_bytes_below(folder / layout) / (num_clips * frames_per_clip))
            for layout, timing in timings.items()]


def _measure_size(folder: Path, size: int, seconds: float, pairs: int, workers: int,
                  batch_size: int) -> list[dict]:
    forms = _forms(folder, size)
    datasets = {form.name: _dataset(form, size) for form in forms}
    for dataset in datasets.values():
        for clip in range(len(dataset.clips)):
            dataset.background.background(clip)
    timings = alternate({name: _drawing(dataset, pairs) for name, dataset in datasets.items()},
                        seconds)
    base = timings[forms[0].name].median
    return [dict(
        size=size, form=form.name, bytes=_bytes_below(_where(form.clips)),
        pairs_per_second=pairs / timings[form.name].median, low=pairs / timings[form.name].high,
        high=pairs / timings[form.name].low, ratio=base / timings[form.name].median,
        start_seconds=_start_seconds(form, size, workers, batch_size)) for form in forms]


def _forms(folder: Path, size: int) -> list[Form]:
    """What is compared; packed forms are written here."""
    folders = dict(type='FolderClips', root=str(folder / 'clips'), cache=False)
    videos = dict(type='VideoClips', root=str(folder / 'videos'), cache=False)
    packed = {codec: folder / f'packed_{size}_{codec}' for codec in ('raw', 'png')}
    options = {key: value for key, value in MEDIAN.items() if key != 'fill'}
    for codec, path in packed.items():
        pack_clips(folders, path, PackSettings(size, codec, background=options),
                   say=lambda line: None)
    return [
        Form('JPEG folders', folders, MEDIAN),
        Form('JPEG folders, kept in memory', dict(folders, cache=True), MEDIAN),
        Form('videos', videos, MEDIAN),
        *(Form(f'packed, {codec}', dict(type=PackedClips, path=str(path)), GIVEN)
          for codec, path in packed.items()),
        Form('packed, raw; moved and warped', dict(type=PackedClips, path=str(packed['raw'])),
             GIVEN, MOVED)]


def _dataset(form: Form, size: int) -> FramePairDataset:
    return FramePairDataset(form.clips, size, background=form.background,
                            mask=('target', 'appearance'), seed=0, **form.options)


def _drawing(dataset: FramePairDataset, pairs: int) -> Callable[[], None]:
    """A call that makes the next pairs; every form draws the same ones."""
    draws = count()

    def draw() -> None:
        for _ in range(pairs):
            dataset[next(draws)]
    return draw


def _start_seconds(form: Form, size: int, workers: int, batch_size: int) -> float:
    """From nothing to the first batch: source, dataset, workers, medians that it needs."""
    begin = time.perf_counter()
    dataset = _dataset(form, size)
    loader = DataLoader(dataset, batch_size, sampler=GlobalDrawSampler(dataset, seed=0),
                        num_workers=workers)
    batches = iter(loader)
    next(batches)
    return time.perf_counter() - begin


def _write_clips(folder: Path, num_clips: int, frames_per_clip: int) -> None:
    source = SyntheticClips(num_clips=num_clips, frames_per_clip=frames_per_clip,
                            image_size=FULL_SIZE)
    (folder / 'videos').mkdir()
    for clip in range(num_clips):
        below = folder / 'clips' / f'{clip:03d}'
        below.mkdir(parents=True)
        with VideoWriter(folder / 'videos' / f'{clip:03d}.mp4', rate=25) as video:
            for t in range(frames_per_clip):
                frame = source.frame(clip, t)
                write_jpeg(below / f'{t:04d}.jpg', frame)
                video.write(frame)


def _where(clips: dict) -> Path:
    return Path(clips['path'] if 'path' in clips else clips['root'])


def _bytes_below(folder: Path) -> int:
    return sum(os.stat(path).st_size for path in folder.rglob('*') if path.is_file())
