"""Write frames as MP4 or GIF."""
from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

# The first that the installed build has; every player shows them.
CODECS = ('libx264', 'libopenh264', 'mpeg4')


class VideoWriter:
    """An MP4 file, by PyAV where it is installed (H.264), else by OpenCV (MPEG-4).

    Args:
        path: the file, ending in .mp4; its folder exists.
        rate: frames a second.

    Raises:
        ValueError: a rate that is none; frames of different sizes are fitted into the first's, with
            black bars.
        OSError: the file cannot be written.
    """

    def __init__(self, path: str | Path, rate: float) -> None:
        if not 0 < rate <= 1000:
            raise ValueError(f'a frame rate must be in (0, 1000], got {rate}')
        self.path, self.rate = Path(path), float(rate)
        self.num_frames = 0
        self._size: tuple[int, int] | None = None
        self._sink: _AvSink | _CvSink | None = None

    def write(self, frame: np.ndarray) -> None:
        """Add an (H, W, 3) uint8 BGR frame."""
        height, width = frame.shape[:2]
        if self._sink is None:
            # The codecs halve the colours: sides must be even.
            self._size = width + width % 2, height + height % 2
            self._sink = _open_sink(self.path, self.rate, self._size)
        self._sink.write(_fit(frame, self._size))
        self.num_frames += 1

    def close(self) -> None:
        """Finish the file; without a frame there is none."""
        if self._sink is not None:
            self._sink.close()
            self._sink = None

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class _AvSink:

    def __init__(self, av, path: Path, rate: float, size: tuple[int, int]) -> None:
        self._av = av
        codec = next(name for name in CODECS if name in av.codecs_available)
        self._container = av.open(str(path), 'w')
        self._stream = self._container.add_stream(
            codec, rate=Fraction(rate).limit_denominator(1001))
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = 'yuv420p'

    def write(self, frame: np.ndarray) -> None:
        self._container.mux(self._stream.encode(
            self._av.VideoFrame.from_ndarray(frame, format='bgr24')))

    def close(self) -> None:
        self._container.mux(self._stream.encode())
        self._container.close()


class _CvSink:

    def __init__(self, path: Path, rate: float, size: tuple[int, int]) -> None:
        self._writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'mp4v'), rate, size)
        if not self._writer.isOpened():
            raise OSError(f'{path} cannot be written as a video by this build of OpenCV: '
                          'pip install av')

    def write(self, frame: np.ndarray) -> None:
        self._writer.write(frame)

    def close(self) -> None:
        self._writer.release()


def _open_sink(path: Path, rate: float, size: tuple[int, int]) -> _AvSink | _CvSink:
    try:
        import av
    except ImportError:  # stated above: OpenCV then
        return _CvSink(path, rate, size)
    return _AvSink(av, path, rate, size)


def _fit(frame: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    width, height = size
    if frame.shape[1] > width or frame.shape[0] > height:
        scale = min(width / frame.shape[1], height / frame.shape[0])
        frame = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        frame = frame[:height, :width]
    return cv2.copyMakeBorder(frame, 0, height - frame.shape[0], 0, width - frame.shape[1],
                              cv2.BORDER_CONSTANT)


def write_gif(path: str | Path, frames: Sequence[np.ndarray], rate: float) -> None:
    """Write an endless GIF.

    Args:
        path: the file.
        frames: (H, W, 3) uint8 BGR each, of one size.
        rate: frames a second; GIF counts hundredths of a second.

    Raises:
        ValueError: no frames.
    """
    if not frames:
        raise ValueError(f'{path}: a GIF needs a frame')
    pictures = [Image.fromarray(frame[..., ::-1]).quantize(128, method=Image.Quantize.FASTOCTREE)
                for frame in frames]
    pictures[0].save(path, save_all=True, append_images=pictures[1:],
                     duration=max(20, round(1000 / rate)), loop=0)
