"""Clips read from video files."""
from __future__ import annotations

from pathlib import Path
from typing import Sequence

import numpy as np
from mmpose.registry import DATASETS

from ikp_mm.clips.clip_index import ClipIndex, open_or_make
from ikp_mm.clips.folders import MAX_NAMED, refuse_short, spot_check, warn_left_out
from ikp_mm.clips.frame_cache import FrameCache, read_bytes_option
from ikp_mm.clips.index_videos import check_video, index_videos, video_options
from ikp_mm.io.byte_table import ByteTable
from ikp_mm.io.crop import NON_SQUARE, resize_square
from ikp_mm.io.find import VIDEO_SUFFIXES, check_patterns, is_wanted, natural_key, videos_below
from ikp_mm.io.pictures import UnreadableFrameError
from ikp_mm.io.video import OpenVideos
from ikp_mm.io.video_entries import VideoEntry, decode_video, encode_video


@DATASETS.register_module()
class VideoClips:
    """Every video file is one clip (a clip source: see ``ikp_mm.clips.folders``).

    A clip's name is the file's path below ``root`` with '/' and its suffix, e.g. 'talks/03.mp4', or
    the path as given in ``files``. All files are looked through once, without decoding, when the
    source is built. Clips come without a background image.

    Args:
        image_size: side S of the square frames returned.
        root: folder that is searched for videos; hidden files and folders are passed over.
        files: the videos themselves, in place of ``root``.
        include: glob patterns on clip names ('*' also matches '/'), a clip must match one; None
            takes all.
        exclude: glob patterns, a clip that matches one is left out.
        suffixes: what counts as a video below ``root``, compared in lower case.
        frame_step: use every n-th frame, for recordings in which little moves from one to the next.
        min_frames: a clip with fewer frames (after ``frame_step``) is an error.
        non_square: 'error', 'crop' or 'pad', see ``resize_square``.
        cache: keep decoded, resized frames in memory (3 S^2 bytes a frame, in each loader worker):
            True up to 2 GiB, or a size such as '512MiB', or bytes; the frames not asked for the
            longest make room. False keeps none. Reading a frame decodes all those since the last
            key frame, hundreds in common files.
        max_open: videos kept open at a time.
        index: with ``root``: an index made by ``tools/index_clips.py``, for large sets; made here
            when there is none. The videos are those that were there and could be read then;
            ``frame_step``, ``include`` and ``exclude`` are free. A few videos are compared with
            the disk at once, the others when they are first opened. None looks through all files.

    Raises:
        FileNotFoundError: ``root`` is no folder, or holds no video, or none is left.
        ValueError: files that are no videos or cannot be opened (all are named; an index leaves
            them out and says so in the log), videos with too few frames (a hundred are named), bad
            arguments.
        StaleIndexError: the index does not describe what is on disk; also from ``frame``.
    """

    def __init__(self, image_size: int, root: str | None = None,
                 files: Sequence[str] | None = None, include: Sequence[str] | None = None,
                 exclude: Sequence[str] = (), suffixes: Sequence[str] = VIDEO_SUFFIXES,
                 frame_step: int = 1, min_frames: int = 2, non_square: str = 'error',
                 cache: bool | int | str = True, max_open: int = 4,
                 index: str | None = None) -> None:
        if (root is None) == (files is None) or isinstance(files, str):
            raise ValueError(f'give either root or files (a list), got root={root!r}, '
                             f'files={files!r}')
        if index is not None and root is None:
            raise ValueError('an index is one of a root, not of files')
        if non_square not in NON_SQUARE:
            raise ValueError(f'non_square must be one of {NON_SQUARE}, got {non_square!r}')
        check_patterns(include, exclude)
        if image_size < 1 or min_frames < 1 or frame_step < 1:
            raise ValueError('image_size, min_frames and frame_step must be positive, got '
                             f'{image_size}, {min_frames}, {frame_step}')
        self.image_size = int(image_size)
        self.frame_step = int(frame_step)
        self.min_frames = int(min_frames)
        self.non_square = non_square
        self._root = Path() if root is None else Path(root)  # names of files are paths
        self._cache = FrameCache(read_bytes_option(cache, 'cache'))
        self._videos = OpenVideos(max_open)
        if index is None:
            names = videos_below(self._root, suffixes) if files is None else _distinct(files)
            wanted = [name for name in names if is_wanted(name, include, exclude)]
            _refuse_none(wanted, names[:3], len(names), include, exclude)
            self._index = self._look_through(wanted)
            self._clips = np.arange(len(wanted))
        else:
            self._index = open_or_make(index, 'videos', video_options(suffixes),
                                       lambda: index_videos(self._root, suffixes))
            warn_left_out(self._index)
            self._clips = self._index.names.choose(include, exclude)
            some = [self._index.names.text(i) for i in range(min(3, len(self._index)))]
            _refuse_none(self._clips, some, len(self._index), include, exclude)
        self.frame_counts = -(-self._index.frame_counts[self._clips] // self.frame_step)
        self._refuse_short_clips()
        # A video just looked through needs no second look.
        self._checked = np.full(len(self), index is None)
        spot_check(self)

    def __len__(self) -> int:
        return len(self._clips)

    def name(self, clip: int) -> str:
        """The video's path below the root, with '/'."""
        return self._index.names.text(self._clips[clip])

    def path(self, clip: int) -> Path:
        """The video file of a clip."""
        return self._root / self.name(clip)

    def num_frames(self, clip: int) -> int:
        return int(self.frame_counts[clip])

    def frame(self, clip: int, t: int) -> np.ndarray:
        """Frame t as (S, S, 3) uint8 BGR. Treat it as read-only: it may come from the cache."""
        image = self._cache.get((clip, t))
        if image is None:
            self.check(clip)
            path = self.path(clip)
            reader = self._videos.reader(
                path, lambda: decode_video(self._index.entries[self._clips[clip]]).index)
            image = resize_square(reader.frame(t * self.frame_step), self.image_size,
                                  self.non_square, str(path))
            self._cache.put((clip, t), image)
        return image

    def background(self, clip: int) -> None:
        """None: a video comes with no background image."""

    def check(self, clip: int) -> None:
        """Compare a video with what the index says of it, once in each process.

        Raises:
            StaleIndexError: it is not there, or is another one.
            UnreadableFrameError: it cannot be looked at.
        """
        if self._checked[clip]:
            return
        path = self.path(clip)
        try:
            check_video(self._index, path, int(self._clips[clip]))
        except OSError as error:
            if isinstance(error, UnreadableFrameError):
                raise
            raise UnreadableFrameError(path, error.strerror or str(error)) from error
        self._checked[clip] = True

    def _look_through(self, names: Sequence[str]) -> ClipIndex:
        """An index in memory of the videos that are wanted."""
        counts, times, entries, refused = [], [], [], []
        for name in names:
            path = self._root / name
            try:
                video = self._videos.reader(path).index
            except UnreadableFrameError as error:
                refused.append(str(error))
                continue
            status = path.stat()
            counts.append(video.num_frames)
            times.append(status.st_mtime_ns)
            entries.append(encode_video(VideoEntry(status.st_size, video)))
        if refused:
            raise ValueError(f'{len(refused)} of {len(names)} files cannot be read as '
                             'videos; leave them out with exclude=[...]:\n  '
                             + '\n  '.join(refused))
        return ClipIndex('videos', str(self._root.absolute()), {}, ByteTable.of_texts(names),
                         np.array(counts, np.int32), np.array(times, np.int64),
                         ByteTable.of(entries))

    def _refuse_short_clips(self) -> None:
        short = np.flatnonzero(self.frame_counts < self.min_frames)
        refuse_short([str(self.path(clip)) for clip in short[:MAX_NAMED]],
                     self.frame_counts[short], len(short),
                     f'videos have fewer than {self.min_frames} frames (every {self.frame_step}. '
                     'counts)')


def _distinct(files: Sequence[str]) -> list[str]:
    # Each once, in the order given where keys tie ('a1', 'a01'): a set's is another each time.
    return sorted(dict.fromkeys(map(str, files)), key=natural_key)


def _refuse_none(left: Sequence, some: Sequence[str], count: int,
                 include: Sequence[str] | None, exclude: Sequence[str]) -> None:
    if not len(left):
        raise FileNotFoundError(f'none of the {count} videos (e.g. {list(some)}) is left by '
                                f'include={include}, exclude={list(exclude)}')
