"""Write frames as MP4 or GIF."""
from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ikp_mm.io.video import require_av

# The first that the installed build has; every player shows them.
CODECS = ('libx264', 'libopenh264', 'mpeg4')
MAX_RATE = 1000
# Of frames with times: ticks a second (MPEG-4 has no finer ones), and the encoder's rate.
CLOCK, NOMINAL_RATE = 1000, 25
# FFmpeg's numbers of the colours of HD video and of its range of values, 16 to 235.
BT709, LIMITED = 1, 1


class VideoWriter:
    """An MP4 file (H.264 where PyAV's build encodes it, else MPEG-4).

    Args:
        path: the file, ending in .mp4; its folder exists.
        rate: frames a second; None: each frame comes with its time, as of a camera, and the video
            plays at the speed at which they came.

    Frames of other sizes than the first's are fitted into it, with black bars.

    Raises:
        ValueError: a rate that is none.
        ImportError: PyAV is not installed.
        OSError: the file cannot be written.
    """

    def __init__(self, path: str | Path, rate: float | None) -> None:
        if rate is not None and not 0 < rate <= MAX_RATE:
            raise ValueError(f'a frame rate must be in (0, {MAX_RATE}], got {rate}')
        self.path, self._rate = Path(path), rate
        self._first: float | None = None
        self._tick = -1
        self._size: tuple[int, int] | None = None
        self._container = None

    def write(self, frame: np.ndarray, seconds: float | None = None) -> None:
        """Add an (H, W, 3) uint8 BGR frame; ``seconds``, without a rate: when it is shown, on a
        clock of its own."""
        if (seconds is None) == (self._rate is None):
            raise ValueError('frames have times when the video has no rate, and only then')
        height, width = frame.shape[:2]
        if self._container is None:
            # The codecs halve the colours: sides must be even.
            self._size = width + width % 2, height + height % 2
            self._open()
        # Players take untagged colours for BT.601 or BT.709 by the size: the file says which.
        picture = self._av.VideoFrame.from_ndarray(_fit(frame, self._size), format='bgr24')
        picture = picture.reformat(format='yuv420p', dst_colorspace=BT709, dst_color_range=LIMITED)
        if seconds is not None:
            self._first = seconds if self._first is None else self._first
            # Two frames are never shown at one time.
            self._tick = max(round((seconds - self._first) * CLOCK), self._tick + 1)
            picture.pts, picture.time_base = self._tick, Fraction(1, CLOCK)
        self._container.mux(self._stream.encode(picture))

    def close(self) -> None:
        """Finish the file; without a frame there is none."""
        if self._container is not None:
            self._container.mux(self._stream.encode())
            self._container.close()
            self._container = None

    def _open(self) -> None:
        self._av = require_av()
        codec = next(name for name in CODECS if name in self._av.codecs_available)
        # An absolute path: a colon in a relative one would be taken for a protocol's.
        self._container = self._av.open(str(self.path.absolute()), 'w')
        self._stream = self._container.add_stream(codec, rate=Fraction(
            NOMINAL_RATE if self._rate is None else self._rate).limit_denominator(1001))
        self._stream.width, self._stream.height = self._size
        self._stream.pix_fmt = 'yuv420p'
        context = self._stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = BT709
        context.color_range = LIMITED
        if self._rate is None:
            context.time_base = Fraction(1, CLOCK)

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _fit(frame: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    width, height = size
    if frame.shape[1] > width or frame.shape[0] > height:
        scale = min(width / frame.shape[1], height / frame.shape[0])
        frame = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        frame = frame[:height, :width]
    return cv2.copyMakeBorder(frame, 0, height - frame.shape[0], 0, width - frame.shape[1],
                              cv2.BORDER_CONSTANT)


def write_gif(path: str | Path, frames: Sequence[np.ndarray], rate: float) -> None:
    """Write an endless GIF of (H, W, 3) uint8 BGR frames of one size, ``rate`` a second.

    GIF counts hundredths of a second.

    Raises:
        ValueError: no frames.
    """
    if not frames:
        raise ValueError(f'{path}: a GIF needs a frame')
    pictures = [Image.fromarray(frame[..., ::-1]).quantize(128, method=Image.Quantize.FASTOCTREE)
                for frame in frames]
    pictures[0].save(path, save_all=True, append_images=pictures[1:],
                     duration=max(20, round(1000 / rate)), loop=0)
