"""Videos and frame folders as sequences of frames that can be gone through more than once: each
pass decodes anew."""
from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ikp_mm.io.find import (IMAGE_SUFFIXES, VIDEO_SUFFIXES, LeftOut, frames_in, is_video,
                            listings)
from ikp_mm.io.pictures import UnreadableFrameError, read_image
from ikp_mm.io.video import (decoded_in_order, differences_from_a_player, listed_frames,
                             open_video, require_av, shown_image)

# What a container declares is exact for most, rounded for some.
COUNT_TOLERANCE = 0.02
# Streams without a header that says how long they last, by FFmpeg's names.
GUESSED_DURATION = ('h264', 'hevc', 'm4v', 'mjpeg', 'mpeg', 'mpegts', 'mpegvideo')
# What a file is shown at that states nothing sensible.
ASSUMED_RATE, HIGHEST_RATE = 25.0, 1000.0
# Longest over median time between frames from which a rate counts as variable: what rounding of
# times to a coarse clock does is less.
VARIABLE = 1.6


def evenly_spaced(count: int, at_most: int) -> list[int]:
    """At most ``at_most`` distinct indices spread evenly over range(count), the ends included."""
    if count <= at_most:
        return list(range(count))
    return np.unique(np.rint(np.linspace(0, count - 1, at_most)).astype(int)).tolist()


class EvenSample:
    """At most ``at_most`` ``items``, more than half as many, of a stream of unknown length: every
    ``stride``-th, from the first on."""

    def __init__(self, at_most: int) -> None:
        self._most, self._seen = at_most, 0
        self.items: list = []
        self.stride = 1

    def add(self, item: object) -> None:
        if self._seen % self.stride == 0:
            self.items.append(item)
            if len(self.items) > self._most:
                self.items = self.items[::2]
                self.stride *= 2
        self._seen += 1


class UnreadableVideoError(OSError):
    """A file that cannot be opened as a video, or of which no frame can be decoded."""


@dataclass(frozen=True)
class FrameRate:
    """Frames a second, and what is unusual: a variable rate, or none stated."""

    rate: float  # the mean over the file: a video written with it lasts as long
    note: str | None = None


NONE_STATED = FrameRate(ASSUMED_RATE,
                        f'no frame rate stated, {ASSUMED_RATE:g} frames/s assumed')


class FrameSource(ABC):
    """What videos and folders of images have in common.

    Args:
        path: the file or folder.
        name: what its clips are called.
        step: every ``step``-th frame is given out, beginning with the first.

    Attributes:
        declared (int | None): number of frames that it states to have, None when it does not.
        num_read (int): frames that the last pass could read, those stepped over included, and the
            damaged ones of a video.
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
        self._problems: list[str] = []

    def __iter__(self) -> Iterator[np.ndarray]:
        self.numbers, self._problems = [], []
        for t, (number, frame) in enumerate(self._decode()):
            self.numbers.append(number)
            if self.on_frame is not None:
                self.on_frame(self, t)
            yield frame

    @abstractmethod
    def _decode(self) -> Iterator[tuple[int, np.ndarray]]:
        """Number and picture, (H, W, 3) uint8 BGR, of the frames of one pass."""

    @property
    def problem(self) -> str | None:
        """What was wrong with it, after a whole pass."""
        return '; '.join(self._problems) or None

    @abstractmethod
    def expected_frames(self) -> int:
        """About how many frames it will give out, told without reading it; 0 when unknown."""


class VideoFile(FrameSource):
    """A video file, decoded from its beginning (``ikp_mm.io.video``). Damaged frames keep their
    numbers, but are left out and counted. ``problem`` says that it ends early, how much of it is
    damaged, and what a player shows otherwise.

    Raises (while it is gone through):
        UnreadableVideoError: it cannot be opened, or not one frame can be decoded.
        ImportError: PyAV is not installed.
    """

    def _decode(self) -> Iterator[tuple[int, np.ndarray]]:
        container, stream = self._open()
        self.num_read = damaged = whole = 0
        first = last = 0.0
        try:
            self.declared = listed_frames(container, stream) or stream.frames or None
            seconds = _stated_seconds(container, stream)
            for frame in decoded_in_order(container, stream):
                if frame is not None:
                    if whole == 0:
                        self._problems = [f'{self.path}: {difference}' for difference
                                          in differences_from_a_player(stream, frame)]
                    last = last if frame.time is None else frame.time
                    first = last if whole == 0 else first
                if frame is None or frame.is_corrupt:
                    damaged += 1
                else:
                    whole += 1
                    if self.num_read % self.step == 0:
                        yield self.num_read, shown_image(frame)
                self.num_read += 1
        except (OSError, ValueError, require_av().FFmpegError) as error:
            raise UnreadableVideoError(f'{self.path}: {error}') from error
        finally:
            container.close()
        if whole == 0:
            raise UnreadableVideoError(f'{self.path}: not one frame can be decoded')
        missing = self._what_is_missing(whole, last - first, seconds)
        if missing is not None:
            self._problems.append(f'{self.path} ends early: it {missing} (truncated?)')
        if damaged:
            self._problems.append(f'{self.path}: {damaged} damaged frames left out')

    def _open(self) -> tuple:
        try:
            # As many threads as there are cores: the one pass is the only reader.
            return open_video(self.path, threads=0)
        except UnreadableFrameError as error:
            raise UnreadableVideoError(
                f'{self.path} cannot be opened as a video: {error.reason}') from error

    def _what_is_missing(self, whole: int, shown: float, stated: float) -> str | None:
        """That it ends before the frames it lists or, where it lists none, the time it states.

        Args:
            whole: frames that could be decoded.
            shown: seconds from the first frame to the last.
            stated: seconds that the file says it lasts, 0 where it does not.
        """
        if self.declared is not None:
            if self.num_read >= (1 - COUNT_TOLERANCE) * self.declared - 1:
                return None
            return f'declares {self.declared} frames, {whole} can be decoded'
        one_frame = shown / max(1, self.num_read - 1)
        if shown + 2 * one_frame >= (1 - COUNT_TOLERANCE) * stated:
            return None
        return f'declares {stated:.1f} s, {shown + one_frame:.1f} s can be decoded'

    def frame_rate(self) -> FrameRate:
        """Rate of the frames given out, by the times of the file's frames, without decoding it;
        where it states none, by its header.

        Raises: as going through it.
        """
        container, stream = self._open()
        with container:
            shown = [packet.pts for packet in container.demux(stream)
                     if packet.size and not packet.is_discard]
            base, stated = stream.time_base, float(stream.average_rate or 0)
        if base is None or None in shown or len(shown) < 2:
            found = FrameRate(stated) if 0 < stated <= HIGHEST_RATE else NONE_STATED
        else:
            found = rate_of_times(np.sort(np.array(shown, np.float64)) * float(base))
        return FrameRate(found.rate / self.step, found.note)

    def expected_frames(self) -> int:
        try:
            container, stream = self._open()
        except UnreadableVideoError:  # said when it is gone through
            return 0
        try:
            count = listed_frames(container, stream) or stream.frames or round(
                _stated_seconds(container, stream) * float(stream.average_rate or 0))
        finally:
            container.close()
        return -(-count // self.step)


def _stated_seconds(container, stream) -> float:
    """How long a file says it lasts; 0 where that is not stated, but guessed from its bytes."""
    if container.format.name in GUESSED_DURATION:
        return 0.0
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / 1e6


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


class FrameFolder(FrameSource):
    """A folder of images in natural order. Images that are not whole are left out; ``problem``
    names them.

    Raises (while it is gone through):
        UnreadableVideoError: none of its images is whole.
    """

    def __init__(self, path: str | Path, name: str, step: int = 1) -> None:
        super().__init__(path, name, step)
        self.files = frames_in(self.path)
        self.declared = len(self.files)

    def _decode(self) -> Iterator[tuple[int, np.ndarray]]:
        unreadable = []
        numbers = range(0, len(self.files), self.step)
        for number in numbers:
            try:
                frame = read_image(self.path / self.files[number])
            except UnreadableFrameError as error:
                unreadable.append(str(error))
                continue
            yield number, frame
        self.num_read = self.declared - len(unreadable)
        if unreadable:
            self._problems = [f'{len(unreadable)} images left out: ' + '; '.join(unreadable)]
        if len(unreadable) == len(numbers):
            raise UnreadableVideoError(f'{self.path}: none of its images can be decoded, first '
                                       f'{unreadable[0]}')

    def expected_frames(self) -> int:
        return -(-len(self.files) // self.step)


def find_sources(inputs: Sequence[str | Path], step: int = 1) -> list[FrameSource]:
    """The videos that the inputs name.

    Args:
        inputs: video files, folders of images, folders with such in them at any depth; what below
            them is not taken is logged (``ikp_mm.io.find``).
        step: every ``step``-th frame.

    Returns:
        list: sources in the order of the inputs. A source's name is its path below the input that
        holds it, without the suffix, '/' written '_'; of what is given itself, its own name.

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
            left_out = LeftOut(given)
            paths = []
            for folder, frames, videos in listings(given, left_out):
                paths += [folder / video for video in videos] + ([folder] if frames else [])
            if not paths:
                raise FileNotFoundError(
                    f'{given} holds no video ({", ".join(VIDEO_SUFFIXES)}) and no image '
                    f'({", ".join(IMAGE_SUFFIXES)})'
                    + (f'; left out: {left_out}' if left_out.paths else ''))
            left_out.say()
        else:
            raise FileNotFoundError(f'{given} does not exist')
        for path in paths:
            below = Path(path.name) if path == given else path.relative_to(given)
            kind = FrameFolder
            if path.is_file():
                kind, below = VideoFile, below.with_suffix('')
            name = '_'.join(below.parts) or path.resolve().name
            if name in sources:
                raise ValueError(f"{sources[name].path} and {path} would both be called '{name}': "
                                 'rename one, or prepare them into different folders')
            sources[name] = kind(path, name, step)
    return list(sources.values())
