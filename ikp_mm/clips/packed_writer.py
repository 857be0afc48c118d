"""Write a clip source as packed clips (``packed_format``)."""
from __future__ import annotations

import multiprocessing
import signal
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from mmpose.registry import DATASETS

from ikp_mm.clips.packed_encoder import Job, PackEncoder, PackSettings, Piece
from ikp_mm.clips.packed_format import (CLIP_GONE, DATABASE, DESCRIPTION, FORMAT, FORMAT_KEY,
                                        VERSION, PackedIndex, clip_key)
from ikp_mm.io.atomic import refuse_existing, whole_folder
from ikp_mm.io.byte_table import ByteTable
from ikp_mm.io.pictures import UnreadableFrameError
from ikp_mm.io.workers import IndexProgress

# Frames that a worker hands over at a time.
FRAMES_PER_JOB = 64
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
    refuse_existing(out, DESCRIPTION, 'packed set', overwrite)
    lmdb = require_lmdb()
    if isinstance(clips, Mapping):
        clips = DATASETS.build(dict(clips), default_args=dict(image_size=settings.image_size))
    names = ByteTable.of_texts([clips.name(clip) for clip in range(len(clips))])
    counts, gone = _count(clips)
    identity = f'{FORMAT} {VERSION} {uuid.uuid4().hex}'
    with whole_folder(out, DESCRIPTION, 'packed set', overwrite) as partial:
        writer = _Database(lmdb, partial)
        unreadable = list(gone.values())
        progress, done = IndexProgress(int(counts.sum(dtype=int)), 'frames', say), 0
        jobs = _jobs(counts, gone)
        pieces = (_in_workers(clips, settings, jobs, workers) if workers
                  else map(PackEncoder(clips, settings).encode, jobs))
        for piece in pieces:
            writer.put(piece.values)
            unreadable += piece.unreadable
            done += piece.frames
            progress.at(done)
        writer.put([(clip_key(clip, CLIP_GONE), reason.encode()) for clip, reason in gone.items()],
                   in_order=False)
        writer.put([(FORMAT_KEY, identity.encode())], in_order=False)
        nbytes = writer.close()
        PackedIndex.write(partial, dict(
            format=FORMAT, version=VERSION, identity=identity, image_size=settings.image_size,
            codec=settings.codec, masks=settings.masks, clips=len(names),
            frames=int(counts.sum(dtype=int)), unreadable=len(unreadable), bytes=nbytes), counts,
            names)
    return PackReport(len(names), int(counts.sum(dtype=int)), nbytes, unreadable)


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


def _in_workers(clips, settings: PackSettings, jobs: Iterator[Job], workers: int
                ) -> Iterator[Piece]:
    """Encoded in spawned processes (threads of OpenCV and FFmpeg do not survive a fork), handed
    back in order; few jobs are under way at a time, whatever the number of clips.

    The workers get the source itself: one that they built might find other clips on the disk.
    """
    executor = ProcessPoolExecutor(workers, multiprocessing.get_context('spawn'), _start,
                                   (clips, settings))
    # Spawned processes inherit it: an interruption is the parent's to handle from their first
    # moment on, not from the end of their imports.
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        for _ in range(workers):
            executor.submit(_nothing)
    finally:
        signal.signal(signal.SIGINT, handler)
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


def _start(clips, settings: PackSettings) -> None:
    """Runs once in each worker."""
    cv2.setNumThreads(1)  # the workers are the parallelism
    _Worker.encoder = PackEncoder(clips, settings)


def _nothing() -> None:
    """Makes the executor start a worker."""


def _work(job: Job) -> Piece:
    return _Worker.encoder.encode(job)
