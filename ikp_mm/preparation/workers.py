"""Prepare videos in this process or in several, and hand the results back in order."""
from __future__ import annotations

import multiprocessing
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from pathlib import Path

import cv2

from ikp_mm.io.frame_sources import FrameSource, UnreadableVideoError

from .croppers import CropError, Cropper
from .prepare import PARTIAL, prepare_video
from .settings import PrepareSettings

POLL_SECONDS = 1.0
# Frames between two reports of a worker.
REPORT_EVERY = 32


class StoppedError(RuntimeError):
    """A worker was told to stop."""


def prepare_one(video: FrameSource, out: Path, settings: PrepareSettings, cropper: Cropper
                ) -> dict | str:
    """The report of a video, or why it failed."""
    try:
        return prepare_video(video, out, settings, cropper)
    except (UnreadableVideoError, CropError) as error:
        shutil.rmtree(out / PARTIAL / video.name)
        return str(error)


def prepare_here(videos: Sequence[FrameSource], out: Path, settings: PrepareSettings,
                 cropper: Cropper, on_frames: Callable[[int], None]
                 ) -> Iterator[tuple[FrameSource, dict | str]]:
    """One video after another.

    Args:
        cropper: has looked at all videos.
        on_frames: called with the number of frames decoded so far.
    """
    count = 0

    def counted(source: FrameSource, t: int) -> None:
        nonlocal count
        count += 1
        on_frames(count)

    for video in videos:
        video.on_frame = counted
        yield video, prepare_one(video, out, settings, cropper)
        video.on_frame = None


def prepare_in_workers(videos: Sequence[FrameSource], out: Path, settings: PrepareSettings,
                       seen: object, jobs: int, on_frames: Callable[[int], None]
                       ) -> Iterator[tuple[FrameSource, dict | str]]:
    """Several at a time, in processes that share nothing; results in the order of the videos.

    When the caller leaves off (an interruption), the workers stop at their next frame.

    Args:
        seen: what ``Cropper.look_at_all`` returned.
        on_frames: see ``prepare_here``.
    """
    # Spawned, not forked: OpenCV's and FFmpeg's threads do not survive a fork.
    context = multiprocessing.get_context('spawn')
    count, stop = context.Value('q', 0), context.Event()
    executor = ProcessPoolExecutor(jobs, context, _start, (settings, seen, count, stop))
    try:
        futures = [executor.submit(_work, video, out) for video in videos]
        for video, future in zip(videos, futures):
            yield video, _waited(future, lambda: on_frames(count.value))
    finally:
        stop.set()
        executor.shutdown(cancel_futures=True)


def _waited(future: Future, tick: Callable[[], None]) -> dict | str:
    while not wait([future], POLL_SECONDS).done:
        tick()
    return future.result()


class _Worker:
    """What a worker process holds."""

    settings: PrepareSettings
    cropper: Cropper
    on_frame: Callable[[FrameSource, int], None]


def _start(settings: PrepareSettings, seen: object, count, stop) -> None:
    """Runs once in each worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent stops the workers
    cv2.setNumThreads(1)  # the workers are the parallelism
    waiting = 0

    def counted(source: FrameSource, t: int) -> None:
        nonlocal waiting
        waiting += 1
        # At least: after an interruption the next video in the queue must stop as well.
        if waiting >= REPORT_EVERY:
            if stop.is_set():
                raise StoppedError(source.name)
            with count.get_lock():
                count.value += waiting
            waiting = 0

    _Worker.settings, _Worker.cropper = settings, settings.make_cropper()
    _Worker.cropper.use(seen)
    _Worker.on_frame = staticmethod(counted)


def _work(video: FrameSource, out: Path) -> dict | str:
    video.on_frame = _Worker.on_frame
    return prepare_one(video, out, _Worker.settings, _Worker.cropper)
