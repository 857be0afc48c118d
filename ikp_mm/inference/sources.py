"""What is read: videos, folders and single images, a webcam, synthetic people."""
from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from ikp_mm.io.find import IMAGE_SUFFIXES
from ikp_mm.io.frame_sources import (FrameFolder, FrameSource, UnreadableVideoError,
                                     find_sources)
from ikp_mm.synthetic import SyntheticClips

from .tracking import FIXED, SMOOTH, square_of_frame, track_figure

WEBCAM = 'webcam:'
SYNTHETIC = 'synthetic:people'


class ImageFile(FrameFolder):
    """A single image, as a source of one frame."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.parent, path.stem)
        self.files = [path.name]
        self.declared = 1


class Webcam(FrameSource):
    """A camera by OpenCV's number. Its frames pass once; it ends after ``max_frames``, or, where
    that is None, when ``stop`` is called.

    Attributes:
        times (list[float]): when each frame given out came, in seconds on one clock.

    Raises (when it is gone through):
        UnreadableVideoError: it cannot be opened, or gives no frame.
    """

    def __init__(self, number: int, step: int = 1, max_frames: int | None = None) -> None:
        super().__init__(Path(f'{WEBCAM}{number}'), f'webcam{number}', step)
        self.number, self.max_frames = number, max_frames
        self.times: list[float] = []
        self._stopped = self._ended_early = False

    @property
    def rate(self) -> float | None:
        """Frames a second that were given out, without the wait for the first one; None before
        there are two."""
        if len(self.times) < 2:
            return None
        return (len(self.times) - 1) / max(self.times[-1] - self.times[0], 1e-3)

    def stop(self) -> None:
        """End after the frame at hand."""
        self._stopped = True

    def _decode(self) -> Iterator[tuple[int, np.ndarray]]:
        capture = cv2.VideoCapture(self.number)
        self._stopped = self._ended_early = False
        self.num_read, self.times = 0, []
        try:
            if not capture.isOpened():
                raise UnreadableVideoError(f'webcam {self.number} cannot be opened')
            while not self._stopped and (
                    self.max_frames is None or self.num_read < self.max_frames * self.step):
                read, frame = capture.read()
                if not read:
                    self._ended_early = True
                    break
                self.num_read += 1
                if (self.num_read - 1) % self.step == 0:
                    self.times.append(time.monotonic())
                    yield self.num_read - 1, frame
        finally:
            capture.release()
        if self.num_read == 0:
            raise UnreadableVideoError(f'webcam {self.number} gives no frame')

    @property
    def problem(self) -> str | None:
        return (f'webcam {self.number} stopped giving frames after {self.num_read}'
                if self._ended_early else None)

    def expected_frames(self) -> int:
        return self.max_frames or 0


class SyntheticPeople(FrameSource):
    """Frames of synthetic people that no training saw, drawn on the spot, one clip after another.

    Attributes:
        clips: with the truth, for whoever wants to compare.
    """

    problem = None

    def __init__(self, num_clips: int = 3, frames_per_clip: int = 24, image_size: int = 128,
                 step: int = 1) -> None:
        super().__init__(Path(SYNTHETIC), 'synthetic_people', step)
        self.clips = SyntheticClips(split='test', num_clips=num_clips,
                                    frames_per_clip=frames_per_clip, image_size=image_size)
        self.declared = num_clips * frames_per_clip

    def _decode(self) -> Iterator[tuple[int, np.ndarray]]:
        self.num_read = 0
        for clip in range(len(self.clips)):
            for t in range(self.clips.num_frames(clip)):
                if self.num_read % self.step == 0:
                    yield self.num_read, self.clips.frame(clip, t)
                self.num_read += 1

    def expected_frames(self) -> int:
        return -(-self.declared // self.step)


def open_sources(inputs: Sequence[str], step: int = 1, max_frames: int | None = None
                 ) -> list[FrameSource]:
    """Every ``step``-th frame of image and video files, folders of them, ``webcam:0`` (at most
    ``max_frames``) and ``synthetic:people``.

    Raises:
        FileNotFoundError: an input does not exist, or holds nothing.
        ValueError: an input is none of these; two sources have one name.
    """
    sources: dict[str, FrameSource] = {}
    for given in map(str, inputs):
        for source in _open(given, step, max_frames):
            if source.name in sources:
                raise ValueError(f"{sources[source.name].path} and {source.path} would both be "
                                 f"called '{source.name}': rename one, or call them one by one")
            sources[source.name] = source
    return list(sources.values())


def _open(given: str, step: int, max_frames: int | None) -> list[FrameSource]:
    if given.startswith(WEBCAM):
        number = given[len(WEBCAM):]
        if not number.isdecimal():
            raise ValueError(f'{given}: a webcam is webcam:0, webcam:1, ...')
        return [Webcam(int(number), step, max_frames)]
    if given == SYNTHETIC:
        return [SyntheticPeople(step=step)]
    if Path(given).is_file() and given.lower().endswith(IMAGE_SUFFIXES):
        return [ImageFile(Path(given))]
    return find_sources([given], step)


@dataclass
class SourceArguments:
    """What to read, and where the figure is in it: what ``add_source_arguments`` was given.

    ``inputs``, ``step``, ``max_frames``: see ``open_sources``; ``crop``, ``crop_options``,
    ``margin``, ``smooth``: see ``track_figure``; ``batch_size``: see ``predict_source``.
    """

    inputs: list[str]
    crop: str
    crop_options: dict = field(default_factory=dict)
    boxes: Path | None = None  # the box file
    margin: float | None = None
    smooth: float = SMOOTH
    batch_size: int = 16
    step: int = 1
    max_frames: int | None = None

    def open(self) -> list[FrameSource]:
        return open_sources(self.inputs, self.step, self.max_frames)

    def locate_figure(self, source: FrameSource
                      ) -> np.ndarray | Callable[[np.ndarray], np.ndarray]:
        """The ``squares`` of ``predict_source``: (T, 3), or a function of a frame where the frames
        are not to be gone through twice."""
        if self.crop in FIXED or isinstance(source, Webcam):
            return square_of_frame(self.crop, self.crop_options, self.margin)
        return track_figure(source, self.crop, self.crop_options, self.margin, self.smooth,
                            self.boxes)
