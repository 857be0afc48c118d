"""The frame rate of a video file, and whether it varies."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ikp_mm.preparation import UnreadableVideoError

# What a file is shown at that states nothing sensible.
ASSUMED = 25.0
HIGHEST = 1000.0
# Longest over median time between frames from which a rate counts as variable: what rounding of
# times to a coarse clock does is less.
VARIABLE = 1.6


@dataclass(frozen=True)
class FrameRate:
    """Frames a second.

    Attributes:
        rate: the mean over the file, so that a video written with it lasts as long.
        note: None, or what is unusual: a variable rate, or none stated.
    """

    rate: float
    note: str | None = None


def frame_rate_of(path: str | Path) -> FrameRate:
    """Read a video file's frame rate, without decoding it.

    With PyAV the times of all frames are looked at; without it OpenCV is asked, which does not
    tell a variable rate.

    Raises:
        UnreadableVideoError: PyAV cannot open the file.
    """
    try:
        import av
    except ImportError:  # stated above
        return _by_opencv(path)
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            shown = [packet.pts for packet in container.demux(stream)
                     if packet.size and not packet.is_discard]
            base = stream.time_base
    except (av.FFmpegError, IndexError) as error:
        raise UnreadableVideoError(f'{path} cannot be opened as a video: {error}') from error
    if base is None or None in shown or len(shown) < 2:
        return _by_opencv(path)
    return rate_of_times(np.sort(np.array(shown, np.float64)) * float(base))


def rate_of_times(times: np.ndarray) -> FrameRate:
    """Mean rate of frames shown at ascending ``times`` (N,) in seconds, N >= 2."""
    gaps = np.diff(times)
    if times[-1] <= times[0]:
        return _assumed()
    rate = float(len(gaps) / (times[-1] - times[0]))
    usual, longest = float(np.median(gaps)), float(gaps.max())
    if longest <= VARIABLE * max(usual, 1e-6):
        return FrameRate(rate)
    return FrameRate(rate, f'variable frame rate: {gaps.min():.3f} to {longest:.3f} s between '
                     f'frames, {rate:.4g} frames/s on average')


def _by_opencv(path: str | Path) -> FrameRate:
    capture = cv2.VideoCapture(str(path))
    try:
        rate = float(capture.get(cv2.CAP_PROP_FPS))
    finally:
        capture.release()
    return FrameRate(rate) if 0 < rate <= HIGHEST else _assumed()


def _assumed() -> FrameRate:
    return FrameRate(ASSUMED, f'no frame rate stated, {ASSUMED:g} frames/s assumed')
