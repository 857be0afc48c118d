"""How far the preparation of all videos is, and how long the rest will take."""
from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ikp_mm.io.frame_sources import FrameSource

# Passes beside the cropper's own: one that looks for cuts, one that writes.
OTHER_PASSES = 2
SECONDS_BETWEEN_LINES = 10.0
# Before, the start of the workers would be taken for the speed.
MIN_DONE = 0.01


class Progress:
    """Says every ten seconds how much of the decoding is done.

    Args:
        videos: those that are to be prepared.
        crop_passes: ``Cropper.passes``.
        say: where a line goes.
        clock: seconds, increasing.
    """

    def __init__(self, videos: Sequence[FrameSource], crop_passes: int,
                 say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        # What a container declares may be missing or wrong: the progress is an estimate.
        self._total = sum(video.expected_frames() for video in videos) * (
            crop_passes + OTHER_PASSES)
        self._say, self._clock = say, clock
        self._began = self._last = clock()

    def at(self, frames: int) -> None:
        """``frames`` frames were decoded so far, all passes of all videos counted."""
        now = self._clock()
        if now - self._last < SECONDS_BETWEEN_LINES or frames == 0 or self._total == 0:
            return
        done = min(1.0, frames / self._total)
        if done < MIN_DONE:
            return
        self._last = now
        left = (now - self._began) * (1 - done) / done
        self._say(f'    {100 * done:.0f} % of the frames of all videos, about '
                  f'{_duration(left)} to go')


def _duration(seconds: float) -> str:
    """95 -> '1 min 35 s'."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f'{hours} h {minutes} min'
    return f'{minutes} min {rest} s' if minutes else f'{rest} s'
