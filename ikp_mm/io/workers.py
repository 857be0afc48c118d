"""Processes that help to make an index, and how far they are."""
from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from typing import TypeVar

SECONDS_BETWEEN_LINES = 10.0
MAX_CHUNK = 64
Part, Result = TypeVar('Part'), TypeVar('Result')


def in_workers(work: Callable[[Part], Result], parts: Sequence[Part], workers: int
               ) -> Iterator[Result]:
    """``work`` of each part, in the order of the parts.

    Raises:
        concurrent.futures.process.BrokenProcessPool: a worker was killed.
    """
    # Forked: they begin at once, and what they call starts no threads before or after.
    executor = ProcessPoolExecutor(workers, multiprocessing.get_context('fork'), _start)
    try:
        chunk = max(1, min(MAX_CHUNK, len(parts) // (8 * workers)))
        yield from executor.map(work, parts, chunksize=chunk)
    finally:
        executor.shutdown(cancel_futures=True)


class IndexProgress:
    """Says every ten seconds how much is done and about how long the rest takes.

    Args:
        total: how many there are.
        what: of what.
        say: where a line goes; None: nowhere.
        clock: seconds, increasing.
    """

    def __init__(self, total: int, what: str, say: Callable[[str], None] | None,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self._total, self._what, self._say, self._clock = total, what, say, clock
        self._began = self._last = clock()

    def at(self, done: int) -> None:
        """``done`` of them are done."""
        now = self._clock()
        if self._say is None or now - self._last < SECONDS_BETWEEN_LINES:
            return
        self._last = now
        left = timedelta(seconds=round((now - self._began) * (self._total - done) / done))
        self._say(f'{done} of {self._total} {self._what}, about {left} to go')


def _start() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent stops the workers
