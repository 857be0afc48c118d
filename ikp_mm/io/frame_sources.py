"""Videos and frame folders as sequences of frames that can be gone through more than once.

Nothing is kept in memory: each pass decodes anew.
"""
from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from ikp_mm.io.find import natural_key
from ikp_mm.io.pictures import UnreadableFrameError, read_image

VIDEO_SUFFIXES = ('.mp4', '.mpg', '.mpeg', '.avi', '.mov', '.mkv', '.webm', '.m4v', '.wmv')
IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp', '.webp')
# What a container declares is exact for most, computed from its duration for some.
COUNT_TOLERANCE = 0.02


class UnreadableVideoError(OSError):
    """A file that cannot be opened as a video, or of which no frame can be decoded."""


class FrameSource(ABC):
    """What videos and folders of images have in common.

    Args:
        path: the file or folder.
        name: what its clips are called.
        step: every ``step``-th frame is given out, beginning with the first.

    Attributes:
        declared (int | None): number of frames that it states to have, None when it does not.
        num_read (int): frames that the last pass could read, those stepped over included.
        numbers (list[int]): number, among its own frames, of each frame that the last pass gave
            out. Of a folder, images that are not whole are counted.
        on_frame: None, or called with the source and the number of each frame given out.
    """

    def __init__(self, path: str | Path, name: str, step: int = 1) -> None:
        if step < 1:
            raise ValueError(f'step must be at least 1, got {step}')
        self.path, self.name, self.step = Path(path), name, int(step)
        self.declared: int | None = None
        self.num_read = 0
        self.numbers: list[int] = []
        self.on_frame: Callable[[FrameSource, int], None] | None = None

    def __iter__(self) -> Iterator[np.ndarray]:
        self.numbers = []
        for t, (number, frame) in enumerate(self._decode()):
            self.numbers.append(number)
            if self.on_frame is not None:
                self.on_frame(self, t)
            yield frame

    @abstractmethod
    def _decode(self) -> Iterator[tuple[int, np.ndarray]]:
        """Number and picture, (H, W, 3) uint8 BGR, of the frames of one pass."""

    @property
    @abstractmethod
    def problem(self) -> str | None:
        """What was wrong with it, after a whole pass."""

    @abstractmethod
    def expected_frames(self) -> int:
        """About how many frames it will give out, told without reading it; 0 when unknown."""

    @property
    @abstractmethod
    def bytes(self) -> int:
        """Size on the disk."""


class VideoFile(FrameSource):
    """A video file, read from its beginning by OpenCV.

    Raises (while it is gone through):
        UnreadableVideoError: it cannot be opened, or not one frame can be decoded.
    """

    def __init__(self, path: str | Path, name: str, step: int = 1) -> None:
        super().__init__(path, name, step)
        self._declared_seconds = self._last_second = 0.0

    def _decode(self) -> Iterator[tuple[int, np.ndarray]]:
        capture = cv2.VideoCapture(str(self.path))
        try:
            if not capture.isOpened():
                raise UnreadableVideoError(f'{self.path} cannot be opened as a video')
            declared = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
            self.declared = declared if declared > 0 else None
            rate = capture.get(cv2.CAP_PROP_FPS)
            self._declared_seconds = declared / rate if rate > 0 else 0.0
            self.num_read = 0
            while capture.grab():
                self._last_second = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
                if self.num_read % self.step == 0:
                    decoded, frame = capture.retrieve()
                    if not decoded:
                        break
                    yield self.num_read, frame
                self.num_read += 1
        finally:
            capture.release()
        if self.num_read == 0:
            raise UnreadableVideoError(f'{self.path}: not one frame can be decoded')

    @property
    def problem(self) -> str | None:
        """That it ends before the frames it declares.

        Where the declared number is only its duration times a frame rate that varies, fewer frames
        fill the duration: that is no problem.
        """
        if self.declared is None or self.num_read >= (1 - COUNT_TOLERANCE) * self.declared - 1:
            return None
        one_frame = self._last_second / max(1, self.num_read)
        if self._last_second + one_frame >= (1 - COUNT_TOLERANCE) * self._declared_seconds > 0:
            return None
        return (f'{self.path} ends early: it declares {self.declared} frames, '
                f'{self.num_read} can be decoded (truncated?)')

    def expected_frames(self) -> int:
        capture = cv2.VideoCapture(str(self.path))
        try:
            declared = capture.get(cv2.CAP_PROP_FRAME_COUNT) if capture.isOpened() else 0
        finally:
            capture.release()
        return -(-max(0, int(declared)) // self.step)

    @property
    def bytes(self) -> int:
        return self.path.stat().st_size


class FrameFolder(FrameSource):
    """A folder of images in natural order. Images that are not whole are left out, and named.

    Raises (while it is gone through):
        UnreadableVideoError: none of its images is whole.
    """

    def __init__(self, path: str | Path, name: str, step: int = 1) -> None:
        super().__init__(path, name, step)
        self.files = sorted((entry.name for entry in os.scandir(self.path) if is_image(entry.name)),
                            key=natural_key)
        self.declared = len(self.files)
        self._unreadable: list[str] = []

    def _decode(self) -> Iterator[tuple[int, np.ndarray]]:
        self._unreadable = []
        chosen = self.files[::self.step]
        for place, file in enumerate(chosen):
            try:
                frame = read_image(self.path / file)
            except UnreadableFrameError as error:
                self._unreadable.append(str(error))
                continue
            yield place * self.step, frame
        self.num_read = self.declared - len(self._unreadable)
        if len(self._unreadable) == len(chosen):
            raise UnreadableVideoError(f'{self.path}: none of its images can be decoded, first '
                                       f'{self._unreadable[0]}')

    @property
    def problem(self) -> str | None:
        """The images that were left out."""
        if not self._unreadable:
            return None
        return f'{len(self._unreadable)} images left out: ' + '; '.join(self._unreadable)

    def expected_frames(self) -> int:
        return -(-len(self.files) // self.step)

    @property
    def bytes(self) -> int:
        return sum((self.path / file).stat().st_size for file in self.files)


def is_image(name: str) -> bool:
    return name[0] != '.' and name.lower().endswith(IMAGE_SUFFIXES)


def is_video(name: str) -> bool:
    return name[0] != '.' and name.lower().endswith(VIDEO_SUFFIXES)


def _below(root: Path) -> Iterator[Path]:
    """Video files and folders of images below a folder, itself included; hidden ones are not."""
    for folder, below, files in os.walk(root):
        below[:] = sorted((name for name in below if name[0] != '.'), key=natural_key)
        for name in sorted(files, key=natural_key):
            if is_video(name):
                yield Path(folder) / name
        if any(is_image(name) for name in files):
            yield Path(folder)


def find_sources(inputs: Sequence[str | Path], step: int = 1) -> list[FrameSource]:
    """The videos that the inputs name.

    Args:
        inputs: video files, folders of images, folders with such in them at any depth.
        step: every ``step``-th frame.

    Returns:
        list: sources in the order of the inputs. A source's name is its path below the input that
        holds it, without the suffix, '/' written '_'; of a file or folder of images given directly,
        its own name.

    Raises:
        FileNotFoundError: an input does not exist, or holds nothing.
        ValueError: an input is no video; two sources have one name.
    """
    sources: dict[str, FrameSource] = {}
    for given in map(Path, inputs):
        if given.is_file():
            if not is_video(given.name):
                raise ValueError(f'{given} is no video ({", ".join(VIDEO_SUFFIXES)}) and no folder')
            paths = [given]
        elif given.is_dir():
            paths = list(_below(given))
            if not paths:
                raise FileNotFoundError(f'{given} holds no video ({", ".join(VIDEO_SUFFIXES)}) and '
                                        f'no image ({", ".join(IMAGE_SUFFIXES)})')
        else:
            raise FileNotFoundError(f'{given} does not exist')
        for path in paths:
            below = Path(path.name) if path == given else path.relative_to(given)
            kind = VideoFile if path.is_file() else FrameFolder
            if path.is_file():
                below = below.with_suffix('')
            name = '_'.join(below.parts) or path.resolve().name
            if name in sources:
                raise ValueError(f"{sources[name].path} and {path} would both be called '{name}': "
                                 'rename one, or prepare them into different folders')
            sources[name] = kind(path, name, step)
    return list(sources.values())
