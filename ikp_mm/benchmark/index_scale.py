"""What a million clips cost: start, memory, a draw, and making the index.

The index is synthetic and on disk; its images are not. A stand-in source makes frames from their
numbers, so a draw's time is that of choosing it and no image is read.
"""
from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from itertools import count, islice
from pathlib import Path

import numpy as np
from torch.utils.data import DataLoader

from ikp_mm.benchmark.memory_maps import drop_from_page_cache, process_memory, touch
from ikp_mm.benchmark.timing import alternate
from ikp_mm.io.byte_table import ByteTable
from ikp_mm.clips.clip_index import ClipIndex
from ikp_mm.io.find import BACKGROUND_SUFFIX, IMAGE_SUFFIXES
from ikp_mm.clips.folders import FolderClips
from ikp_mm.io.frame_names import encode_names
from ikp_mm.clips.frame_pairs import FramePairDataset
from ikp_mm.clips.index_folders import folder_options, index_folders
from ikp_mm.clips.samplers import GlobalDrawSampler

SIDE, BATCH = 8, 16
MEBIBYTE = 2**20


class NumberedClips(FolderClips):
    """Clips of an index without their images: frame t of clip c is grey, (31 c + t) mod 256."""

    def frame(self, clip: int, t: int) -> np.ndarray:
        """(S, S, 3) uint8."""
        self.path(clip, t)  # what reading it would look up
        return np.full((self.image_size, self.image_size, 3), (31 * clip + t) % 256, np.uint8)

    def background(self, clip: int) -> None:
        """None: no file is looked for."""

    def check(self, clip: int) -> None:
        """Nothing on disk to compare with."""


def synthetic_index(clips: int, frames_per_clip: int = 100) -> ClipIndex:
    """An index of ``clips`` folders of together ``clips * frames_per_clip`` numbered images, at
    least half and at most one and a half times ``frames_per_clip`` in each (one off to fit)."""
    numbers = np.arange(clips)
    names = np.concatenate([_letters('set', clips), _digits(numbers // 1000, 6),
                            _letters('/clip', clips), _digits(numbers, 9)], axis=1)
    counts = np.random.default_rng(0).integers(
        frames_per_clip // 2, frames_per_clip + frames_per_clip // 2 + 1, clips)
    missing = clips * frames_per_clip - int(counts.sum())
    each, rest = divmod(abs(missing), clips)
    counts += np.sign(missing) * (each + (numbers < rest))
    entry = np.frombuffer(encode_names(['000000.jpg', '000001.jpg']), np.uint8)
    return ClipIndex(
        'folders', '/synthetic', folder_options(IMAGE_SUFFIXES, BACKGROUND_SUFFIX),
        ByteTable(names.ravel(), (numbers + 1) * names.shape[1]), counts.astype(np.int32),
        np.zeros(clips, np.int64), ByteTable(np.tile(entry, clips), (numbers + 1) * len(entry)))


def open_pairs(index: Path) -> FramePairDataset:
    """Pairs of the clips of an index, as a run builds them."""
    clips = NumberedClips('/synthetic', SIDE, cache=False, index=str(index))
    return FramePairDataset(clips, SIDE, seed=0)


def measure_index(clips: int = 10**6, frames_per_clip: int = 100,
                  sizes: Sequence[int] = (10**3, 10**4, 10**5, 10**6),
                  workers: Sequence[int] = (0, 2, 4), draws: int = 4000, folders: int = 2000,
                  files_per_folder: int = 10, seconds: float = 10.0) -> dict:
    """Measure an index of ``clips`` clips and of smaller ones, in a temporary folder.

    Each start is measured in a process of its own that has imported everything before; the files
    of the index are dropped from the page cache before the first, not before the others. Memory is
    compared with that of the same run on the smallest index, all of the index having been touched.

    Args:
        clips, frames_per_clip: of the index that is opened; see ``synthetic_index``.
        sizes: clips of the indexes that draws are timed on.
        workers: numbers of loader workers whose memory is measured.
        draws: read by each loader before memory is looked at.
        folders, files_per_folder: image folders made and indexed by one and two processes.
        seconds: for timing the draws, and as many for making the index of folders.

    Returns:
        dict of the settings, ``index_mib``, ``starts`` (seconds), ``memory`` (MiB), ``draws``
        (microseconds) and ``making`` (seconds for 1000 folders), each a list of rows.
    """
    with tempfile.TemporaryDirectory(prefix='ikp_index_') as temporary:
        base = Path(temporary)
        paths = {size: base / f'index_{size}' for size in sorted({clips, *sizes})}
        for size, path in paths.items():
            synthetic_index(size, frames_per_clip).write(path)
        large, small = paths[clips], paths[min(paths)]
        nbytes = sum(file.stat().st_size for file in large.iterdir())
        drop_from_page_cache(large)
        runs = [(number, _in_new_process(_run, large, number, draws),
                 _in_new_process(_run, small, number, draws)) for number in workers]
        starts = [dict(files='warm' if i else 'cold', **run['start'])
                  for i, (_, run, _) in enumerate(runs)]
        return dict(
            clips=clips, frames=clips * frames_per_clip, index_mib=nbytes / MEBIBYTE,
            compared_with_clips=min(paths), starts=starts,
            memory=[_memory_row(*run) for run in runs],
            draws=_time_draws({size: paths[size] for size in sizes}, seconds),
            folders=folders, files_per_folder=files_per_folder,
            making=_time_making(base / 'clips', folders, files_per_folder, seconds))


def table_index(result: dict) -> str:
    """What ``measure_index`` found as Markdown tables."""
    lines = [f"{result['clips']:,} clips, {result['frames']:,} frames; the index takes "
             f"{result['index_mib']:.0f} MiB on disk.", '',
             '| files of the index | source and dataset built (s) | first pair after (s) |',
             '|---|---|---|']
    lines += [f"| {row['files']} | {row['built']:.3f} | {row['first_draw']:.3f} |"
              for row in result['starts']]
    lines += ['', '| loader workers | all processes together (MiB) | with '
              f"{result['compared_with_clips']:,} clips | more | private to a worker, largest (MiB)"
              f" | with {result['compared_with_clips']:,} clips |", '|---|---|---|---|---|---|']
    lines += [f"| {row['workers']} | {row['total']:.0f} | {row['total_small']:.0f} | "
              f"{row['total'] - row['total_small']:.0f} | {_or_dash(row['worker_private'])} | "
              f"{_or_dash(row['worker_private_small'])} |" for row in result['memory']]
    lines += ['', '| clips | µs a draw (10 % - 90 %) | ratio |', '|---|---|---|']
    lines += [f"| {row['clips']:,} | {row['median']:.0f} ({row['low']:.0f} - {row['high']:.0f}) | "
              f"{row['ratio']:.2f} |" for row in result['draws']]
    lines += ['', f"| making an index of {result['folders']:,} folders of "
              f"{result['files_per_folder']} files | s for 1000 folders (10 % - 90 %) |",
              '|---|---|']
    lines += [f"| {row['processes']} | {row['median']:.3f} ({row['low']:.3f} - {row['high']:.3f}) |"
              for row in result['making']]
    return '\n'.join(lines)


def _or_dash(value: float | None) -> str:
    return '–' if value is None else f'{value:.0f}'


def _letters(text: str, rows: int) -> np.ndarray:
    return np.tile(np.frombuffer(text.encode(), np.uint8), (rows, 1))


def _digits(numbers: np.ndarray, width: int) -> np.ndarray:
    places = 10 ** np.arange(width - 1, -1, -1)
    return (numbers[:, None] // places % 10 + ord('0')).astype(np.uint8)


def _in_new_process(call: Callable, *arguments) -> dict:
    with ProcessPoolExecutor(1, multiprocessing.get_context('spawn')) as executor:
        return executor.submit(call, *arguments).result()


def _run(index: Path, workers: int, draws: int) -> dict:
    """Seconds of a start, and memory of this process and of its loader workers."""
    begin = time.perf_counter()
    pairs = open_pairs(index)
    built = time.perf_counter()
    pairs[0]
    start = dict(built=built - begin, first_draw=time.perf_counter() - begin)
    opened = ClipIndex.open(index)  # the same pages, mapped again
    for array in (opened.names.data, opened.names.ends, opened.frame_counts, opened.times,
                  opened.entries.data, opened.entries.ends):
        touch(array)
    loader = DataLoader(pairs, BATCH, sampler=GlobalDrawSampler(pairs, seed=0),
                        num_workers=workers, multiprocessing_context='fork' if workers else None)
    batches = iter(loader)
    for _ in islice(batches, max(1, draws // BATCH)):
        pass
    children = [process_memory(child.pid) for child in multiprocessing.active_children()]
    if len(children) != workers:
        raise RuntimeError(f'{workers} loader workers were started, {len(children)} are there')
    return dict(start=start, main=asdict(process_memory()),
                workers=[asdict(child) for child in children])


def _memory_row(workers: int, large: dict, small: dict) -> dict:
    def total(result: dict) -> float:
        return sum(process['proportional'] for process in (
            result['main'], *result['workers'])) / MEBIBYTE

    def private(result: dict) -> float | None:
        return max((process['private'] / MEBIBYTE for process in result['workers']), default=None)

    return dict(workers=workers, total=total(large), total_small=total(small),
                main_private=large['main']['private'] / MEBIBYTE,
                main_private_small=small['main']['private'] / MEBIBYTE,
                worker_private=private(large), worker_private_small=private(small))


def _time_draws(paths: dict[int, Path], seconds: float, at_a_time: int = 200) -> list[dict]:
    def drawing(pairs: FramePairDataset) -> Callable[[], None]:
        numbers = count()

        def draw() -> None:
            for number in islice(numbers, at_a_time):  # every draw is a new one
                pairs.pair_of(number)
        return draw

    timings = alternate({str(size): drawing(open_pairs(path)) for size, path in paths.items()},
                        seconds)
    first = timings[str(min(paths))].median
    return [dict(clips=size, ratio=timings[str(size)].median / first, **{
        key: 1e6 * getattr(timings[str(size)], key) / at_a_time
        for key in ('median', 'low', 'high')}) for size in paths]


def _time_making(root: Path, folders: int, files: int, seconds: float) -> list[dict]:
    for number in range(folders):
        folder = root / f'set{number // 100:03d}' / f'clip{number:06d}'
        folder.mkdir(parents=True)
        for t in range(files):
            (folder / f'{t:06d}.jpg').write_bytes(b'')
    timings = alternate({'one process': lambda: index_folders(root),
                         'two workers': lambda: index_folders(root, workers=2)}, seconds,
                        warmup=1, min_rounds=3)
    return [dict(processes=name, **{key: getattr(timing, key) * 1000 / folders
                                    for key in ('median', 'low', 'high')})
            for name, timing in timings.items()]
