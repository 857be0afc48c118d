"""Clips read from video files."""
from __future__ import annotations

from pathlib import Path
from typing import Sequence

import numpy as np
from mmpose.registry import DATASETS

from ikp_mm.clips.clip_list import choose, listed_clips, name_array
from ikp_mm.clips.folders import FileClips
from ikp_mm.io.find import videos_below
from ikp_mm.io.pictures import UnreadableFrameError
from ikp_mm.io.video import OpenVideos, VideoIndex


@DATASETS.register_module()
class VideoClips(FileClips):
    """Every video file is one clip (a clip source: see ``ikp_mm.clips.folders``).

    A clip's name is the file's path below ``root`` with '/' and its suffix, e.g. 'talks/03.mp4'.
    All files are looked through once, without decoding, when the source is built. Clips come
    without a background image.

    Args:
        image_size: side S of the square frames returned.
        root: folder that is searched for videos; hidden files and folders are passed over.
        include, exclude: glob patterns on clip names, see ``FolderClips``.
        min_frames: a clip with fewer frames is an error.
        non_square: 'error', 'crop' or 'pad', see ``resize_square``.
        cache: memory for decoded frames, see ``FolderClips``. Reading a frame decodes all those
            since the last key frame, hundreds in common files.
        list_file: for large sets: a list of clips, see ``FolderClips``; a video is then opened when
            it is drawn. None looks through all files.

    Raises:
        FileNotFoundError: ``root`` is no folder, or holds no video, or none is left.
        ValueError: files that are no videos or cannot be opened (all are named), videos with too
            few frames (a hundred are named), bad arguments, a list that does not fit (see
            ``listed_clips``).
    """

    def __init__(self, image_size: int, root: str, include: Sequence[str] | None = None,
                 exclude: Sequence[str] = (), min_frames: int = 2, non_square: str = 'error',
                 cache: bool | int | str = True, list_file: str | None = None) -> None:
        super().__init__(root, image_size, include, exclude, min_frames, non_square, cache)
        self._videos = OpenVideos()
        names = self._find() if list_file is None else listed_clips(
            list_file, self.root, self._find, lambda name: self._path(name).is_file(),
            self._list_header())
        self._names = names[choose(names, include, exclude, f'below {self.root}')]
        # Where the frames of each video are; None: a video is looked through when it is opened.
        self._indices: list[VideoIndex] | None = None
        if list_file is None:
            self._indices = self._look_through()
            self.frame_counts = np.array([index.num_frames for index in self._indices])
            self._refuse_short(self.frame_counts,
                               f'videos have fewer than {self.min_frames} frames')

    def path(self, clip: int) -> Path:
        """The video file of a clip."""
        return self._path(self.name(clip))

    def num_frames(self, clip: int) -> int:
        """Number of frames.

        Raises:
            UnreadableFrameError: a video of a list that cannot be opened, or is too short.
        """
        if self._indices is not None:
            return int(self.frame_counts[clip])
        path = self.path(clip)
        count = len(self._videos.reader(path))
        if count < self.min_frames:
            raise UnreadableFrameError(path, f'has {count} frames, fewer than '
                                       f'min_frames={self.min_frames}')
        return count

    def background(self, clip: int) -> None:
        """None: a video comes with no background image."""

    def _decode(self, clip: int, t: int) -> tuple[np.ndarray, Path]:
        path = self.path(clip)
        index = None if self._indices is None else self._indices[clip]
        return self._videos.reader(path, index).frame(t), path

    def _path(self, name: str) -> Path:
        return self.root / name

    def _list_header(self) -> str | None:
        return None

    def _find(self) -> np.ndarray:
        """The names of the videos below the root, (M,) bytes in natural order."""
        return name_array(videos_below(self.root))

    def _look_through(self) -> list[VideoIndex]:
        indices, refused = [], []
        for clip in range(len(self)):
            try:
                indices.append(self._videos.reader(self.path(clip)).index)
            except UnreadableFrameError as error:
                refused.append(str(error))
        if refused:
            raise ValueError(f'{len(refused)} of {len(self)} files cannot be read as '
                             'videos; leave them out with exclude=[...]:\n  '
                             + '\n  '.join(refused))
        return indices
