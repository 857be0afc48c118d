"""One pool of worker processes: results in order, nothing left running after an interruption."""
from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from typing import Any, TypeVar

import cv2

# Parts under way at a time, for each worker.
PARTS_AHEAD = 3
POLL_SECONDS = 1.0
# What a worker counts before it tells the caller.
COUNT_AT_A_TIME = 32
Part, Result = TypeVar('Part'), TypeVar('Result')


class StoppedError(RuntimeError):
    """The caller has left off; raised in a worker by ``count_done``."""


def in_workers(make: Callable[..., Callable[[Part], Result]], arguments: Sequence,
               parts: Iterable[Part], workers: int,
               on_count: Callable[[int], None] = lambda counted: None) -> Iterator[Result]:
    """What ``make(*arguments)``, called once in each process, makes of each part, in order.

    Workers are spawned, since threads of OpenCV and FFmpeg do not survive a fork: ``make``, its
    arguments, parts and results are pickled. Few parts are under way at a time, whatever their
    number. When the caller leaves off (an interruption, or an error), workers end at their next
    ``count_done``, at the latest when they have finished a part.

    Args:
        make: returns the function that does the work.
        arguments: of ``make``.
        parts: what is to be done.
        workers: processes; 0 does all in this one.
        on_count: is told what all processes together have counted so far (``count_done``).

    Raises:
        concurrent.futures.process.BrokenProcessPool: a worker was killed.
    """
    if workers == 0:
        _Here.count = staticmethod(_counting_here(on_count))
        yield from map(make(*arguments), parts)
        return
    context = multiprocessing.get_context('spawn')
    counted, stop = context.Value('q', 0), context.Event()
    executor = ProcessPoolExecutor(workers, context, _start, (make, arguments, counted, stop))
    try:
        _start_all(executor, workers)
        waiting: deque[Future] = deque()
        for part in parts:
            waiting.append(executor.submit(_work, part))
            if len(waiting) > PARTS_AHEAD * workers:
                yield _result(waiting.popleft(), lambda: on_count(counted.value))
        while waiting:
            yield _result(waiting.popleft(), lambda: on_count(counted.value))
    finally:
        stop.set()
        executor.shutdown(cancel_futures=True)


def count_done(number: int = 1) -> None:
    """Called by the work: so many more steps of it are done.

    Raises:
        StoppedError: nobody waits for the result any more.
    """
    _Here.count(number)


def _counting_here(on_count: Callable[[int], None]) -> Callable[[int], None]:
    counted = 0

    def count(number: int) -> None:
        nonlocal counted
        counted += number
        on_count(counted)
    return count


def _counting_in_worker(counted, stop) -> Callable[[int], None]:
    """Counts in a worker, for the caller to look at."""
    waiting = 0

    def count(number: int) -> None:
        nonlocal waiting
        waiting += number
        if waiting < COUNT_AT_A_TIME:
            return
        # What was counted stays waiting, so that a part still in the queue stops as well.
        if stop.is_set():
            raise StoppedError('the caller has left off')
        with counted.get_lock():
            counted.value += waiting
        waiting = 0
    return count


class _Here:
    """What this process holds of a pool."""

    count: Callable[[int], None] = staticmethod(lambda number: None)
    work: Callable


def _start_all(executor: ProcessPoolExecutor, workers: int) -> None:
    """Start the processes. They inherit that interruptions are ignored, so that these are the
    caller's to handle from their first moment on, not from the end of their imports."""
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        for _ in range(workers):
            executor.submit(int)  # any task makes the executor start a worker
    finally:
        signal.signal(signal.SIGINT, handler)


def _result(future: Future, tick: Callable[[], None]) -> Any:
    while not wait([future], POLL_SECONDS).done:
        tick()
    return future.result()


def _start(make: Callable, arguments: Sequence, counted, stop) -> None:
    """Runs once in each worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)  # the workers are the parallelism
    _Here.count = staticmethod(_counting_in_worker(counted, stop))
    _Here.work = staticmethod(make(*arguments))


def _work(part: Any) -> Any:
    return _Here.work(part)
