"""How far a long task is and how long the rest will take: one line every ten seconds."""
from __future__ import annotations

import time
from collections.abc import Callable

SECONDS_BETWEEN_LINES = 10.0
# Before this share is done, the start of workers would be taken for the speed.
LEAST_SHARE = 0.01


class Progress:
    """Says every ten seconds how much is done and about how long the rest takes.

    Args:
        total: how many there are; an estimate will do. 0 when it is unknown: then, as when more
            are done than were expected, no time to go is stated.
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
        if self._say is None or now - self._last < SECONDS_BETWEEN_LINES or done == 0:
            return
        self._last = now
        if done > self._total:
            self._say(f'{done} {self._what}')
            return
        line = f'{done} of {self._total} {self._what}'
        if done >= LEAST_SHARE * self._total:
            left = (now - self._began) * (self._total - done) / done
            line += f', about {_duration(left)} to go'
        self._say(line)


def _duration(seconds: float) -> str:
    """95 -> '1 min 35 s'."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f'{hours} h {minutes} min'
    return f'{minutes} min {rest} s' if minutes else f'{rest} s'
