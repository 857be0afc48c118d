"""Clips read from disk: folders of images.

Any object with these five methods is a clip source for ``FramePairDataset``:
``len(source)``, ``name(i) -> str``, ``num_frames(i) -> int``,
``frame(i, t) -> (S, S, 3) uint8 BGR`` and
``background(i) -> (S, S, 3) uint8 BGR, or None when the clip comes with none``.
Two more are optional: ``mask(i, t) -> (S, S) float32 in [0, 1]``, how surely each pixel is the
figure, where a dataset gives that; and an attribute ``frame_counts``, the (M,) int array of all
``num_frames``, without which every clip is asked when a run starts.
What cannot be read raises ``UnreadableFrameError``; where counts are only known once a clip is
opened (``FramePairDataset(uniform='clips')``), ``num_frames`` may raise it too.
"""
from __future__ import annotations

import os
from pathlib import Path
from typing import Sequence

import numpy as np
from mmengine.logging import MMLogger
from mmpose.registry import DATASETS

from ikp_mm.clips.clip_list import choose, listed_clips, name_array
from ikp_mm.clips.frame_cache import FrameCache, read_bytes_option
from ikp_mm.io.crop import NON_SQUARE, resize_square
from ikp_mm.io.find import (BACKGROUND_SUFFIX, EMPTY_SCENES, IMAGE_SUFFIXES, LeftOut,
                            check_patterns, frames_in, listings, natural_key)
from ikp_mm.io.pictures import UnreadableFrameError, read_image

# So many clips are named in an error.
MAX_NAMED = 100
# Bytes of file names that are kept of clips of a list; a folder is listed again when they are gone.
LISTED_NAMES = 2**26


class FileClips:
    """What clips of folders and of videos have in common: names, frames of one size, a cache.

    A subclass sets ``_names``, (M,) bytes, and gives ``_decode``; arguments as of ``FolderClips``.
    """

    _names: np.ndarray

    def __init__(self, root: str | Path, image_size: int, include: Sequence[str] | None,
                 exclude: Sequence[str], min_frames: int, non_square: str,
                 cache: bool | int | str) -> None:
        if non_square not in NON_SQUARE:
            raise ValueError(f'non_square must be one of {NON_SQUARE}, got {non_square!r}')
        check_patterns(include, exclude)
        if image_size < 1 or min_frames < 1:
            raise ValueError(f'image_size and min_frames must be positive, got {image_size}, '
                             f'{min_frames}')
        self.root = Path(root)
        self.image_size, self.min_frames = int(image_size), int(min_frames)
        self.non_square = non_square
        self._cache = FrameCache(read_bytes_option(cache, 'cache'))
        # Of the last frame decoded; the clips of which two frames of other sizes were named.
        self._last: tuple[int, tuple[int, ...], Path] | None = None
        self._of_two_sizes: set[int] = set()

    def __len__(self) -> int:
        return len(self._names)

    def name(self, clip: int) -> str:
        """The clip's path below the root, with '/'."""
        return os.fsdecode(self._names[clip])

    def frame(self, clip: int, t: int) -> np.ndarray:
        """Frame t as (S, S, 3) uint8 BGR. Treat it as read-only: it may come from the cache."""
        image = self._cache.get((clip, t))
        if image is None:
            image, path = self._decode(clip, t)
            self._compare_size(clip, image.shape[:2], path)
            image = self._resized(image, path)
            self._cache.put((clip, t), image)
        return image

    def _compare_size(self, clip: int, size: tuple[int, ...], path: Path) -> None:
        """Name two frames of a clip that differ in size: what moved, and what was only cut
        otherwise, cannot be told from the files. At most a hundred clips are named."""
        last, self._last = self._last, (clip, size, path)
        if (last is None or last[0] != clip or last[1] == size or clip in self._of_two_sizes
                or len(self._of_two_sizes) >= MAX_NAMED):
            return
        self._of_two_sizes.add(clip)
        (height, width), (other_height, other_width) = size, last[1]
        MMLogger.get_current_instance().warning(
            f'{path} has {width} x {height} pixels and {last[2].name} of its clip {other_width} x '
            f'{other_height}: each is brought to {self.image_size} x {self.image_size} on its own. '
            'If they were cut differently, make the clip anew (tools/prepare_videos.py)')

    def _decode(self, clip: int, t: int) -> tuple[np.ndarray, Path]:
        """Frame t as (H, W, 3) uint8 BGR, and the file it is in."""
        raise NotImplementedError

    def _resized(self, image: np.ndarray, path: Path) -> np.ndarray:
        return resize_square(image, self.image_size, self.non_square, str(path))

    def _refuse_short(self, counts: np.ndarray, what: str) -> None:
        """Raise ``ValueError`` when clips have too few frames, naming the first hundred."""
        short = np.flatnonzero(counts < self.min_frames)
        if len(short):
            named = ', '.join(f'{self.root / self.name(clip)} ({counts[clip]})'
                              for clip in short[:MAX_NAMED])
            rest = f' and {len(short) - MAX_NAMED} more' if len(short) > MAX_NAMED else ''
            raise ValueError(f'{len(short)} {what}: {named}{rest}; leave them out with '
                             'exclude=[...]')


@DATASETS.register_module()
class FolderClips(FileClips):
    """Every folder below ``root`` that holds images directly is one clip.

    A clip's name is its path below ``root`` with '/', e.g. 'actor0/action1'. Its frames are its
    images in natural order, its background, if it has one, the image ``<name>.background.jpg``
    beside its folder. ``root`` itself is never a clip. Hidden folders are passed over.

    Args:
        root: the folder of clips.
        image_size: side S of the square frames returned.
        include: glob patterns on clip names ('*' also matches '/'), a clip must match one; None
            takes all. E.g. ``['actor[0-6]/*']``.
        exclude: glob patterns, a clip that matches one is left out.
        min_frames: a clip with fewer frames is an error, 2 because a pair needs two.
        skip_short: clips with fewer frames are named in a warning and left out.
        non_square: 'error', 'crop' or 'pad', see ``resize_square``.
        cache: keep decoded, resized frames in memory (3 S^2 bytes a frame, in each loader worker):
            True up to 2 GiB, or a size such as '512MiB', or bytes; the frames not asked for the
            longest make room. False keeps none. Training reads every frame of a small set
            hundreds of times.
        list_file: for large sets: a text file of clip names, one a line, in whose order the clips
            come; written, in the order that they have without it, when it is not there. A clip is
            then opened when it is drawn, and one with fewer than ``min_frames`` counts as
            unreadable: draw with ``FramePairDataset(uniform='clips')``. None looks through the
            whole folder.

    Raises:
        FileNotFoundError: ``root`` is no folder, or holds no clip, or none is left after
            include and exclude.
        ValueError: clips with too few frames (a hundred are named), bad arguments, a list that
            does not fit (see ``listed_clips``).
    """

    def __init__(self, root: str, image_size: int, include: Sequence[str] | None = None,
                 exclude: Sequence[str] = (), min_frames: int = 2, non_square: str = 'error',
                 cache: bool | int | str = True, skip_short: bool = False,
                 list_file: str | None = None) -> None:
        super().__init__(root, image_size, include, exclude, min_frames, non_square, cache)
        if list_file is not None and skip_short:
            raise ValueError('skip_short looks into every clip, which a list_file is there to '
                             'avoid: clips that are too short count as unreadable when drawn')
        # Of each clip its file names; of a list those of the clips used last.
        self._files: list[np.ndarray] | None = None
        self._listed = FrameCache(LISTED_NAMES)
        if list_file is not None:
            names = listed_clips(list_file, self.root, lambda: self._look_through()[0],
                                 lambda name: (self.root / name).is_dir())
            self._names = names[choose(names, include, exclude, f'below {self.root}')]
            return
        self._names, self._files = self._look_through()
        self._keep(choose(self._names, include, exclude, f'below {self.root}'))
        short = self.frame_counts < self.min_frames
        if skip_short and short.any() and not short.all():
            named = ', '.join(self.name(clip) for clip in np.flatnonzero(short)[:MAX_NAMED])
            MMLogger.get_current_instance().warning(
                f'{short.sum()} of {len(self)} clips below {self.root} have fewer than '
                f'{self.min_frames} frames and are left out: {named}')
            self._keep(np.flatnonzero(~short))
        self._refuse_short(self.frame_counts, f'clips have fewer than {self.min_frames} frames')

    def num_frames(self, clip: int) -> int:
        """Number of frames.

        Raises:
            UnreadableFrameError: a clip of a list that cannot be opened, or is too short.
        """
        return len(self._frame_files(clip))

    def path(self, clip: int, t: int) -> Path:
        """The image file of a frame."""
        files = self._frame_files(clip)
        if not -len(self) <= clip < len(self) or not 0 <= t < len(files):
            raise IndexError(f'there is no frame {t} of clip {clip}')
        return self.root / self.name(clip) / os.fsdecode(files[t])

    def background(self, clip: int) -> np.ndarray | None:
        """The background image beside the clip's folder as (S, S, 3) uint8 BGR, None if absent."""
        path = self.root / (self.name(clip) + BACKGROUND_SUFFIX)
        return self._resized(read_image(path), path) if path.is_file() else None

    def _decode(self, clip: int, t: int) -> tuple[np.ndarray, Path]:
        path = self.path(clip, t)
        return read_image(path), path

    def _keep(self, clips: np.ndarray) -> None:
        self._names, self._files = self._names[clips], [self._files[i] for i in clips]
        self.frame_counts = np.array([len(files) for files in self._files])

    def _frame_files(self, clip: int) -> np.ndarray:
        """(N,) bytes, the names of a clip's frames."""
        if self._files is not None:
            return self._files[clip]
        files = self._listed.get(clip)
        if files is None:
            folder = self.root / self.name(clip)
            try:
                files = name_array(frames_in(folder))
            except OSError as error:
                raise UnreadableFrameError(folder, error.strerror or str(error)) from error
            if len(files) < self.min_frames:
                raise UnreadableFrameError(folder, f'has {len(files)} frames, fewer than '
                                           f'min_frames={self.min_frames}')
            self._listed.put(clip, files)
        return files

    def _look_through(self) -> tuple[np.ndarray, list[np.ndarray]]:
        """The names of all clips in natural order, (M,) bytes, and of each its frames' files."""
        if not self.root.is_dir():
            raise FileNotFoundError(
                f'the folder of clips {self.root} does not exist; "python tools/prepare_videos.py '
                f'VIDEOS --out {self.root}" makes one, see docs/your_videos.md')
        left_out, found = LeftOut(self.root), {}
        for folder, frames, videos in listings(self.root, left_out):
            for video in videos:
                left_out.add('videos, which VideoClips reads', folder / video)
            if frames:
                found[folder.relative_to(self.root).as_posix()] = frames
        own = found.pop('.', ())
        if found:
            for name in own:
                left_out.add('pictures beside the folders of clips', self.root / name)
        left_out.paths.pop(EMPTY_SCENES, None)  # each is its clip's background
        left_out.say()
        clips = sorted(found.items(), key=lambda clip: natural_key(clip[0]))
        if not clips and own and not any(item.is_dir() and item.name[0] != '.'
                                         for item in self.root.iterdir()):
            raise FileNotFoundError(
                f'{self.root} holds images but no folder of images; clips are its subfolders. For '
                f'a single clip give root={self.root.parent} and include=[{self.root.name!r}]')
        if not clips:
            raise FileNotFoundError(f'no folder below {self.root} holds images '
                                    f'({", ".join(IMAGE_SUFFIXES)})')
        return (name_array([name for name, _ in clips]),
                [name_array(files) for _, files in clips])
