"""The frame rate of a video file, and whether it varies."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ikp_mm.io.frame_sources import UnreadableVideoError
from ikp_mm.io.pictures import UnreadableFrameError
from ikp_mm.io.video import open_video

# What a file is shown at that states nothing sensible.
ASSUMED = 25.0
HIGHEST = 1000.0
# Longest over median time between frames from which a rate counts as variable: what rounding of
# times to a coarse clock does is less.
VARIABLE = 1.6


@dataclass(frozen=True)
class FrameRate:
    """Frames a second, and what is unusual: a variable rate, or none stated."""

    rate: float  # the mean over the file: a video written with it lasts as long
    note: str | None = None


NONE_STATED = FrameRate(ASSUMED, f'no frame rate stated, {ASSUMED:g} frames/s assumed')


def frame_rate_of(path: str | Path) -> FrameRate:
    """Read a video file's frame rate from the times of its frames, without decoding it; where it
    states none, from its header.

    Raises:
        UnreadableVideoError: it cannot be opened.
        ImportError: PyAV is not installed.
    """
    try:
        container, stream = open_video(path)
    except UnreadableFrameError as error:
        raise UnreadableVideoError(
            f'{path} cannot be opened as a video: {error.reason}') from error
    with container:
        shown = [packet.pts for packet in container.demux(stream)
                 if packet.size and not packet.is_discard]
        base, stated = stream.time_base, float(stream.average_rate or 0)
    if base is None or None in shown or len(shown) < 2:
        return FrameRate(stated) if 0 < stated <= HIGHEST else NONE_STATED
    return rate_of_times(np.sort(np.array(shown, np.float64)) * float(base))


def rate_of_times(times: np.ndarray) -> FrameRate:
    """Mean rate of frames shown at ascending ``times`` (N,) in seconds, N >= 2."""
    if times[-1] <= times[0]:
        return NONE_STATED
    gaps = np.diff(times)
    rate = float(len(gaps) / (times[-1] - times[0]))
    usual, longest = float(np.median(gaps)), float(gaps.max())
    if longest <= VARIABLE * max(usual, 1e-6):
        return FrameRate(rate)
    return FrameRate(rate, f'variable frame rate: {gaps.min():.3f} to {longest:.3f} s between '
                     f'frames, {rate:.4g} frames/s on average')
