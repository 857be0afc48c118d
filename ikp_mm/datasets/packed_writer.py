"""Write a clip source as packed clips (``packed_format``)."""
from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
from mmpose.registry import DATASETS

from ikp_mm.datasets.byte_table import ByteTable
from ikp_mm.datasets.packed_encoder import Job, PackEncoder, PackSettings, Piece
from ikp_mm.datasets.packed_format import (CLIP_GONE, DATABASE, DESCRIPTION, FORMAT, FORMAT_KEY,
                                           VERSION, PackedIndex, clip_key)
from ikp_mm.datasets.clips import UnreadableFrameError

# Frames that a worker hands over at a time.
FRAMES_PER_JOB = 64
SECONDS_BETWEEN_LINES = 10.0
# What a value may take in the file beyond its bytes: a page begun, its share of the tree.
PAGE_SLACK = 2 * 4096
# Bytes of the map that a database begins with.
FIRST_MAP = 2**24


@dataclass(frozen=True)
class PackReport:
    """What was packed.

    Attributes:
        clips, frames: of the source; unreadable ones included.
        nbytes: of the database.
        unreadable: 'file: reason' of what could not be read.
    """

    clips: int
    frames: int
    nbytes: int
    unreadable: list[str]


def pack_clips(clips, out: str | Path, settings: PackSettings, workers: int = 0,
               overwrite: bool = False, say: Callable[[str], None] = print) -> PackReport:
    """Pack all clips of a source.

    ``out`` is there when all is written, or not at all: until then it is written beside it.

    Args:
        clips: a clip source, or the config of one (``image_size`` is passed on to it).
        out: the folder to write.
        settings: see there.
        workers: processes that read and encode; 0 does it in this one.
        overwrite: replace packed clips that lie at ``out``.
        say: where progress goes, a line at a time.

    Raises:
        FileExistsError: something lies at ``out`` (with ``overwrite``: that is no packed set).
        ImportError: lmdb is not installed.
        ValueError: frames or masks of another size.
    """
    out = Path(out)
    refuse_existing(out, overwrite)
    lmdb = require_lmdb()
    config = clips if isinstance(clips, Mapping) else None
    if config is not None:
        clips = DATASETS.build(dict(config), default_args=dict(image_size=settings.image_size))
    names = ByteTable.of_texts([clips.name(clip) for clip in range(len(clips))])
    counts, gone = _count(clips)
    identity = f'{FORMAT} {VERSION} {uuid.uuid4().hex}'
    partial = out.with_name(f'{out.name}.partial-{os.getpid()}')
    partial.mkdir(parents=True)
    try:
        writer = _Database(lmdb, partial)
        unreadable = list(gone.values())
        progress = _Progress(int(counts.sum(dtype=int)), say)
        pieces = (_here if workers == 0 else _in_workers)(
            clips if config is None else config, clips, settings, _jobs(counts, gone), workers)
        for piece in pieces:
            writer.put(piece.values)
            unreadable += piece.unreadable
            progress.add(piece.frames)
        writer.put([(clip_key(clip, CLIP_GONE), reason.encode()) for clip, reason in gone.items()],
                   in_order=False)
        writer.put([(FORMAT_KEY, identity.encode())], in_order=False)
        nbytes = writer.close()
        PackedIndex.write(partial, dict(
            format=FORMAT, version=VERSION, identity=identity, image_size=settings.image_size,
            codec=settings.codec, masks=settings.masks, clips=len(names),
            frames=int(counts.sum(dtype=int)), unreadable=len(unreadable), bytes=nbytes), counts,
            names)
        _move_into_place(partial, out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return PackReport(len(names), int(counts.sum(dtype=int)), nbytes, unreadable)


def refuse_existing(out: Path, overwrite: bool) -> None:
    """Raise ``FileExistsError`` where something lies that must not be replaced."""
    if not out.exists():
        return
    if not overwrite:
        raise FileExistsError(f'{out} exists; give --overwrite to pack anew')
    if not (out / DESCRIPTION).is_file():
        raise FileExistsError(f'{out} is in the way: it holds no {DESCRIPTION}, so it is no packed '
                              'set')


def require_lmdb():
    """The module lmdb, imported when something is packed: MMEngine's backend only reads."""
    try:
        import lmdb
    except ImportError as error:
        raise ImportError('packing clips needs lmdb: pip install lmdb') from error
    return lmdb


class _Database:
    """An LMDB environment that is written once, in the order of its keys."""

    def __init__(self, lmdb, path: Path) -> None:
        self._path, self._size = path, FIRST_MAP
        # No lock file: nobody else knows of it. Not synced until it is whole.
        self._environment = lmdb.open(str(path), map_size=self._size, lock=False, sync=False,
                                      metasync=False)

    def put(self, values: list[tuple[str, bytes]], in_order: bool = True) -> None:
        """Add values; ``in_order``: behind all that are there, which fills pages fully."""
        self._make_room(sum(len(value) + PAGE_SLACK for _, value in values))
        with self._environment.begin(write=True) as transaction:
            for key, value in values:
                if not transaction.put(key.encode('ascii'), value, append=in_order):
                    raise RuntimeError(f'{self._path}: key {key} was written twice')

    def _make_room(self, nbytes: int) -> None:
        # The map must be larger than the file; grown as needed it is so on any machine, and no
        # reader maps far more than there is.
        page = self._environment.stat()['psize']
        needed = (self._environment.info()['last_pgno'] + 64) * page + nbytes
        while self._size < needed:
            self._size *= 2
        if self._size > self._environment.info()['map_size']:
            self._environment.set_mapsize(self._size)

    def close(self) -> int:
        """Bring everything to disk; the size of the file."""
        self._environment.sync(True)
        self._environment.close()
        return (self._path / DATABASE).stat().st_size


class _Progress:
    """Says every ten seconds how far it is and how long the rest will take."""

    def __init__(self, total: int, say: Callable[[str], None]) -> None:
        self._total, self._say, self._done = total, say, 0
        self._began = self._last = time.monotonic()

    def add(self, frames: int) -> None:
        self._done += frames
        now = time.monotonic()
        if now - self._last >= SECONDS_BETWEEN_LINES and self._done:
            self._last = now
            left = (now - self._began) * (self._total - self._done) / self._done
            self._say(f'{self._done} of {self._total} frames, about '
                      f'{timedelta(seconds=round(left))} to go')


def _count(clips) -> tuple[np.ndarray, dict[int, str]]:
    """Frames of each clip, (M,) int32; reasons of those that cannot be opened, with 0 frames."""
    counts, gone = np.zeros(len(clips), np.int32), {}
    for clip in range(len(clips)):
        try:
            counts[clip] = clips.num_frames(clip)
        except UnreadableFrameError as error:
            gone[clip] = str(error)
    return counts, gone


def _jobs(counts: np.ndarray, gone: Mapping[int, str]) -> Iterator[Job]:
    for clip, count in enumerate(counts.tolist()):
        if clip not in gone:
            for first in range(0, max(count, 1), FRAMES_PER_JOB):
                stop = min(first + FRAMES_PER_JOB, count)
                yield Job(clip, first, stop, ends_clip=stop == count)


def _here(_source, clips, settings: PackSettings, jobs: Iterator[Job], _workers: int
          ) -> Iterator[Piece]:
    encoder = PackEncoder(clips, settings)
    return map(encoder.encode, jobs)


def _in_workers(source, _clips, settings: PackSettings, jobs: Iterator[Job], workers: int
                ) -> Iterator[Piece]:
    """Encoded in spawned processes (threads of OpenCV and FFmpeg do not survive a fork), handed
    back in order; few jobs are under way at a time, whatever the number of clips."""
    executor = ProcessPoolExecutor(workers, multiprocessing.get_context('spawn'), _start,
                                   (source, settings))
    try:
        waiting: deque = deque()
        for job in jobs:
            waiting.append(executor.submit(_work, job))
            if len(waiting) > 3 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        executor.shutdown(cancel_futures=True)


class _Worker:
    """What a worker process holds."""

    encoder: PackEncoder


def _start(source, settings: PackSettings) -> None:
    """Runs once in each worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent stops the workers
    cv2.setNumThreads(1)  # the workers are the parallelism
    if isinstance(source, Mapping):
        source = DATASETS.build(dict(source), default_args=dict(image_size=settings.image_size))
    _Worker.encoder = PackEncoder(source, settings)


def _work(job: Job) -> Piece:
    return _Worker.encoder.encode(job)


def _move_into_place(partial: Path, out: Path) -> None:
    if not out.exists():
        partial.rename(out)
        return
    # Jobs that have the replaced one open keep what they mapped.
    replaced = out.with_name(f'{out.name}.replaced-{os.getpid()}')
    out.rename(replaced)
    partial.rename(out)
    shutil.rmtree(replaced)
