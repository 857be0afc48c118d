"""Frames of video files, with PyAV: the one decoder. By number (``VideoReader``) or in order,
which ``frame_sources.VideoFile`` does by ``open_video`` and ``shown_image``.

Frames are counted in the order they are shown, so a variable frame rate is of no concern. What is
counted is what a player would show: an edit list's leading and trailing frames are not. So is what
a picture looks like: turned and mirrored by the file's display matrix, coloured by BT.709, BT.601
or BT.2020 as the file says, or by its size where it does not, transparent places over white.
Pixels are taken as square and HDR colours as stored; ``VideoFile`` says so where a file has such.
"""
from __future__ import annotations

import os
from collections import OrderedDict
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Iterable, Iterator

import numpy as np

from ikp_mm.io.optional import optional
from ikp_mm.io.pictures import UnreadableFrameError, over_white

# FFmpeg's number for 'not stated'.
UNSTATED_COLORS = 2
# From these on, players take the colours of a file that does not state them for BT.709.
HD_WIDTH, HD_HEIGHT = 1280, 577
# FFmpeg's numbers of transfer curves that a player maps to a screen.
HDR = {16: 'PQ', 18: 'HLG'}
SQUARE_TOLERANCE = 0.02

# Times of the frame last decoded when there is none.
BEFORE_ALL, AFTER_ALL = np.iinfo(np.int64).min, np.iinfo(np.int64).max


def require_av() -> ModuleType:
    """PyAV; raises ImportError, and says how to install it, where it is not there."""
    return optional('av', 'reading video files needs PyAV: pip install av')


def open_video(path: str | Path, threads: int = 1) -> tuple:
    """Open a file and find the stream to be shown: the first that is no cover picture.

    Args:
        path: the file.
        threads: of the decoder; 0 is as many as there are cores.

    Returns:
        PyAV's container, to be closed by the caller, and its video stream.

    Raises:
        UnreadableFrameError: missing, no video, or cut off before its table of contents.
        ImportError: PyAV is not installed.
    """
    av = require_av()
    try:
        # An absolute path: '12:30.mp4' would be taken for a protocol's name.
        container = av.open(str(Path(path).absolute()))
    except (av.FFmpegError, OSError) as error:
        raise UnreadableFrameError(path, _reason(error)) from error
    streams = _shown_streams(container)
    context = streams[0].codec_context if streams else None
    if context is None:
        container.close()
        raise UnreadableFrameError(path, 'is of a codec that this build of PyAV does not decode'
                                   if streams else 'holds no video stream')
    if threads == 0:
        context.thread_type = 'AUTO'
    context.thread_count = threads
    return container, streams[0]


def _shown_streams(container) -> list:
    """The video streams that are no cover pictures."""
    cover = require_av().stream.Disposition.attached_pic
    return [stream for stream in container.streams.video if not stream.disposition & cover]


def listed_frames(container, stream) -> int:
    """Frames to be shown that the table of contents of an mp4 lists; 0 for formats without one."""
    if 'mp4' not in container.format.name:
        return 0
    return sum(not entry.is_discard for entry in stream.index_entries)


def decoded_in_order(container, stream) -> Iterator:
    """PyAV's frames of a whole stream as they are shown; None for data that cannot be decoded."""
    av = require_av()
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:  # nothing behind it can be found
            yield None
            return
        if packet is None:
            return
        try:
            frames = packet.decode()
        except av.EOFError:
            return
        except av.FFmpegError:
            yield None
            continue
        yield from frames


def shown_image(frame) -> np.ndarray:
    """A decoded frame as a player shows it, (H, W, 3) uint8 BGR.

    Raises:
        ValueError: its display matrix turns it by no multiple of a quarter turn.
        av.FFmpegError: its pixels are of a format that cannot be converted.
    """
    options = {}
    if (not frame.format.is_rgb and frame.colorspace == UNSTATED_COLORS
            and (frame.width >= HD_WIDTH or frame.height >= HD_HEIGHT)):
        options['src_colorspace'] = require_av().video.reformatter.Colorspace.ITU709
    transparent = any(component.is_alpha for component in frame.format.components)
    # One thread here too: what holds threads cannot be closed after a fork.
    image = frame.to_ndarray(format='bgra' if transparent else 'bgr24', threads=1, **options)
    if transparent:
        image = over_white(image)
    matrix = frame.side_data.get('DISPLAYMATRIX')
    return image if matrix is None else turned(image, np.frombuffer(bytes(matrix), np.int32))


def differences_from_a_player(stream, frame) -> list[str]:
    """What a player would do to a decoded frame and ``shown_image`` does not, as sentences."""
    found = []
    count = len(_shown_streams(stream.container))
    if count > 1:
        found.append(f'it holds {count} video streams, of which the first is read')
    aspect = stream.sample_aspect_ratio
    if aspect and abs(float(aspect) - 1) > SQUARE_TOLERANCE:
        found.append(f'its pixels are not square ({aspect.numerator}:{aspect.denominator}): '
                     'frames are taken as stored, a player stretches them')
    if frame.color_trc in HDR:
        found.append(f'its colours are HDR ({HDR[frame.color_trc]}): they are taken as stored, '
                     'paler than a player shows them')
    return found


def turned(image: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Turn and mirror an (H, W, 3) image by a display matrix (9,), a, b, u, c, d, v, x, y, w of ISO
    14496-12: the pixel (p, q), q downwards, is shown at (a p + c q, b p + d q), moved into the
    frame.

    Raises:
        ValueError: no multiple of a quarter turn.
    """
    a, b, c, d = (float(matrix[i]) for i in (0, 1, 3, 4))
    straight, crosswise = min(abs(a), abs(d)), min(abs(b), abs(c))
    if max(abs(b), abs(c)) <= 0.01 * straight:
        x, y = a, d
    elif max(abs(a), abs(d)) <= 0.01 * crosswise:
        image, x, y = image.swapaxes(0, 1), c, b
    else:
        raise ValueError(f'its display matrix {[round(v / 65536, 2) for v in (a, b, c, d)]} turns '
                         'it by no multiple of a quarter turn')
    image = image[:, ::-1] if x < 0 else image
    return np.ascontiguousarray(image[::-1] if y < 0 else image)


@dataclass(frozen=True)
class VideoIndex:
    """Where the frames of a video file are. Small, and may cross a process border.

    Attributes:
        num_frames: frames the file says it holds; more than ``len(times)`` when it is cut off.
        times (N,) int64: when each frame is shown, ascending, in the stream's own time base. Where
            the file states no times: 0 .. N-1.
        broken (N,) bool: frames whose data are cut off or damaged, and those decoded after them up
            to the next key frame.
        key_times (M,) int64: those of the frames that decode without others; key 0 starts the file.
        key_decode_times (M,) int64: when they are decoded, which is what a file is searched by.
        timed: False where the file states no times: frames are then counted from its start.
    """

    num_frames: int
    times: np.ndarray
    broken: np.ndarray
    key_times: np.ndarray
    key_decode_times: np.ndarray
    timed: bool


class VideoReader:
    """One open video file.

    Random access is exact: the file is searched for the last key frame shown no later than the one
    asked for and decoded from there until a frame of the very same time comes out. Reading on in
    order decodes each frame once.

    Args:
        path: the file.
        index: what ``index`` said when the file was open before; None reads through the file
            (without decoding) to make it.

    Raises:
        UnreadableFrameError: missing, no video, or cut off before its table of contents.
    """

    def __init__(self, path: str | Path, index: VideoIndex | None = None) -> None:
        self.path = str(path)
        self._av = require_av()
        self._open()
        try:
            self.index = self._make_index() if index is None else index
        except UnreadableFrameError:
            self.close()
            raise
        except self._av.FFmpegError as error:
            self.close()
            raise UnreadableFrameError(self.path, _reason(error)) from error
        self._rewind()

    def __len__(self) -> int:
        return self.index.num_frames

    def close(self) -> None:
        # What decodes from a closed file ends the process.
        self._frames, self._last, self._is_open = iter(()), AFTER_ALL, False
        self._container.close()

    def frame(self, t: int) -> np.ndarray:
        """Frame t as (H, W, 3) uint8 BGR.

        Raises:
            UnreadableFrameError: the file ends before it, or it cannot be decoded.
            IndexError: t is not in 0 .. len - 1.
        """
        if not 0 <= t < len(self):
            raise IndexError(f'{self.path} has {len(self)} frames, there is no frame {t}')
        if t >= len(self.index.times):
            raise UnreadableFrameError(
                self.path, f'truncated video: it states {len(self)} frames and ends after '
                f'{len(self.index.times)}, frame {t} is not there')
        if self.index.broken[t]:
            raise UnreadableFrameError(self.path, f'frame {t} is cut off or damaged')
        try:
            frame = self._decode_until(int(self.index.times[t]))
        except self._av.FFmpegError as error:
            self._rewind()
            raise UnreadableFrameError(self.path, f'frame {t}: {_reason(error)}') from error
        if frame is None or frame.is_corrupt:
            raise UnreadableFrameError(self.path, f'frame {t} of {len(self)} cannot be decoded')
        try:
            return shown_image(frame)
        except (ValueError, self._av.FFmpegError) as error:
            raise UnreadableFrameError(self.path, str(error)) from error

    def _open(self) -> None:
        # One thread: loader workers are many already, and threads do not survive a fork.
        self._container, self._stream = open_video(self.path)
        self._is_open = True

    def _make_index(self) -> VideoIndex:
        packets = [packet for packet in self._container.demux(self._stream) if packet.size]
        if not packets:
            raise UnreadableFrameError(self.path, 'holds no frame')
        reordered_avi = ('avi' in self._container.format.name
                         and self._stream.codec_context.has_b_frames)
        # A frame of a program stream may begin in the middle of a packet that states a time; after
        # a search the time then goes to its neighbour.
        program_stream = self._container.format.name == 'mpeg'
        if reordered_avi or program_stream or any(packet.pts is None for packet in packets):
            return self._index_by_counting()
        keys, shown, broken = [], [], True
        for packet in packets:
            broken = packet.is_corrupt or (broken and not packet.is_keyframe)
            if packet.is_keyframe:
                keys.append((packet.pts, packet.pts if packet.dts is None else packet.dts))
            if not packet.is_discard:
                shown.append((packet.pts, broken))
        if not keys:
            raise UnreadableFrameError(self.path, 'holds no key frame to decode from')
        shown = np.array(sorted(shown), np.int64).reshape(-1, 2)
        keys = np.array(sorted(keys), np.int64)
        stated = max(len(shown), listed_frames(self._container, self._stream))
        return VideoIndex(stated, shown[:, 0], shown[:, 1].astype(bool), *keys.T, timed=True)

    def _index_by_counting(self) -> VideoIndex:
        """No time of showing can be relied on (AVI, MPEG program and bare streams): decode and
        count. Going backwards then means decoding from the start."""
        # Opened anew: bare streams cannot be searched.
        self._container.close()
        self._open()
        count = sum(1 for _ in self._container.decode(self._stream))
        zero = np.zeros(1, np.int64)
        return VideoIndex(count, np.arange(count), np.zeros(count, bool), zero, zero, timed=False)

    def _rewind(self) -> None:
        """Stand before the first packet: opened anew, which every format and decoder allows."""
        self.close()
        self._open()
        self._last = BEFORE_ALL
        self._frames = self._decoded(self._container.demux(self._stream))

    def _seek(self, key: int, latest: int) -> bool:
        """Stand before a key frame, the file's start for key 0. Whether the search ended at a key
        frame shown no later than ``latest``: in some formats it goes a little too far."""
        if key == 0 or not self._is_open:  # the last attempt to open it may have failed
            self._rewind()
        if key == 0:
            return True
        self._container.seek(int(self.index.key_decode_times[key]), stream=self._stream)
        packets = self._container.demux(self._stream)
        for packet in packets:
            if packet.pts is None or packet.pts > latest:
                break
            if packet.is_keyframe:
                self._last = BEFORE_ALL
                self._frames = self._decoded(chain([packet], packets))
                return True
        self._last = AFTER_ALL
        return False

    def _decoded(self, packets: Iterable) -> Iterator:
        """(time, frame) of every frame; the last, empty packet empties the decoder."""
        frames = (frame for packet in packets for frame in packet.decode())
        for count, frame in enumerate(frames):
            yield (frame.pts if self.index.timed else count), frame

    def _decode_until(self, time: int):
        """The frame shown at ``time``; None when the decoder leaves it out."""
        key = max(int(np.searchsorted(self.index.key_times, time, side='right')) - 1, 0)
        key_time = int(self.index.key_times[key])
        frame = None
        if self._last < time and (key == 0 or self._last >= key_time):
            frame = self._read_on(time)
        # A decoder that starts at a key frame may lack a header that came before it.
        for start in dict.fromkeys((key, max(key - 1, 0), 0)):
            if frame is None and self._seek(start, key_time):
                frame = self._read_on(time)
        return frame

    def _read_on(self, time: int):
        """Decode forwards until ``time``; None when that frame does not come out."""
        for shown, frame in self._frames:
            if shown is None:
                continue
            self._last = shown
            if shown >= time:
                return frame if shown == time else None
        self._last = AFTER_ALL
        return None


class OpenVideos:
    """The ``max_open`` videos used last, kept open.

    Forked or spawned workers each open their own: a file position shared by two processes would
    give either of them any frame.
    """

    def __init__(self, max_open: int = 4) -> None:
        if max_open < 1:
            raise ValueError(f'max_open must be at least 1, got {max_open}')
        self.max_open = int(max_open)
        self._readers: OrderedDict[str, VideoReader] = OrderedDict()
        self._process = os.getpid()

    def reader(self, path: str | Path, index: VideoIndex | None = None) -> VideoReader:
        """An open video; see ``VideoReader``."""
        if self._process != os.getpid():
            # Kept, not closed: what they hold belongs to the process that opened them.
            self._of_parent = self._readers
            self._readers, self._process = OrderedDict(), os.getpid()
        key = str(path)
        if key not in self._readers:
            self._readers[key] = VideoReader(path, index)
        self._readers.move_to_end(key)
        while len(self._readers) > self.max_open:
            self._readers.popitem(last=False)[1].close()
        return self._readers[key]

    def __getstate__(self) -> dict:
        return dict(max_open=self.max_open)

    def __setstate__(self, state: dict) -> None:
        self.__init__(**state)


def _reason(error: OSError | ValueError) -> str:
    """What went wrong, without the file's name, which the caller states."""
    return getattr(error, 'strerror', None) or str(error)
