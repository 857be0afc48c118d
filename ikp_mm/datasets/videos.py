"""Clips read from video files."""
from __future__ import annotations

from pathlib import Path
from typing import Sequence

import numpy as np
from mmpose.registry import DATASETS

from ikp_mm.datasets.clips import (NON_SQUARE, UnreadableFrameError, check_patterns, is_wanted,
                                   natural_key, resize_square, walk_folders)
from ikp_mm.datasets.video_reader import OpenVideos, VideoIndex


@DATASETS.register_module()
class VideoClips:
    """Every video file is one clip (a clip source: see ``ikp_mm.datasets.clips``).

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
        cache: keep decoded, resized frames in memory (3 S^2 bytes a frame, in each loader worker).
            Reading a frame decodes all those since the last key frame, hundreds in common files.
        max_open: videos kept open at a time.

    Raises:
        FileNotFoundError: ``root`` is no folder, or holds no video, or none is left.
        ValueError: files that are no videos or cannot be opened (all are named), videos with too
            few frames (all are named), bad arguments.
    """

    def __init__(self, image_size: int, root: str | None = None,
                 files: Sequence[str] | None = None, include: Sequence[str] | None = None,
                 exclude: Sequence[str] = (),
                 suffixes: Sequence[str] = ('.mp4', '.mpg', '.mpeg', '.avi', '.mov', '.mkv',
                                            '.webm'),
                 frame_step: int = 1, min_frames: int = 2, non_square: str = 'error',
                 cache: bool = True, max_open: int = 4) -> None:
        if (root is None) == (files is None) or isinstance(files, str):
            raise ValueError(f'give either root or files (a list), got root={root!r}, '
                             f'files={files!r}')
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
        paths = (_videos_below(Path(root), suffixes) if files is None
                 else {str(file): Path(file) for file in files})
        self._names = sorted((name for name in paths if is_wanted(name, include, exclude)),
                             key=natural_key)
        if not self._names:
            raise FileNotFoundError(
                f'none of the {len(paths)} videos (e.g. {sorted(paths)[:3]}) is left by '
                f'include={include}, exclude={list(exclude)}')
        self._paths = [paths[name] for name in self._names]
        self._videos = OpenVideos(max_open)
        self._indices = self._look_through()
        self._refuse_short_clips()
        self._cache: dict[tuple[int, int], np.ndarray] | None = {} if cache else None

    def __len__(self) -> int:
        return len(self._names)

    def name(self, clip: int) -> str:
        """The video's path below the root, with '/'."""
        return self._names[clip]

    def path(self, clip: int) -> Path:
        """The video file of a clip."""
        return self._paths[clip]

    def num_frames(self, clip: int) -> int:
        return len(range(0, self._indices[clip].num_frames, self.frame_step))

    def frame(self, clip: int, t: int) -> np.ndarray:
        """Frame t as (S, S, 3) uint8 BGR. Treat it as read-only: it may come from the cache."""
        if self._cache is not None and (clip, t) in self._cache:
            return self._cache[clip, t]
        path = self._paths[clip]
        image = self._videos.reader(path, self._indices[clip]).frame(t * self.frame_step)
        image = resize_square(image, self.image_size, self.non_square, str(path))
        if self._cache is not None:
            self._cache[clip, t] = image
        return image

    def background(self, clip: int) -> None:
        """None: a video comes with no background image."""

    def _look_through(self) -> list[VideoIndex]:
        indices, refused = [], []
        for path in self._paths:
            try:
                indices.append(self._videos.reader(path).index)
            except UnreadableFrameError as error:
                refused.append(str(error))
        if refused:
            raise ValueError(f'{len(refused)} of {len(self._paths)} files cannot be read as '
                             'videos; leave them out with exclude=[...]:\n  '
                             + '\n  '.join(refused))
        return indices

    def _refuse_short_clips(self) -> None:
        short = [f'{path} ({self.num_frames(i)})' for i, path in enumerate(self._paths)
                 if self.num_frames(i) < self.min_frames]
        if short:
            raise ValueError(f'{len(short)} videos have fewer than {self.min_frames} frames (every '
                             f'{self.frame_step}. counts): {", ".join(short)}; leave them out with '
                             'exclude=[...]')


def _videos_below(root: Path, suffixes: Sequence[str]) -> dict[str, Path]:
    """Clip name -> file, for every video below the root."""
    if not root.is_dir():
        raise FileNotFoundError(f'the folder of videos {root} does not exist')
    endings = tuple(suffix.lower() for suffix in suffixes)
    videos: dict[str, Path] = {}
    for folder, _, files in walk_folders(root):
        for file in files:
            if file[0] != '.' and file.lower().endswith(endings):
                videos[(folder / file).relative_to(root).as_posix()] = folder / file
    if not videos:
        raise FileNotFoundError(f'no file below {root} is a video by its name '
                                f'({", ".join(endings)})')
    return videos
