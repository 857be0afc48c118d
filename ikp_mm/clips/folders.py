"""Clips read from disk: folders of images.

Any object with these five methods is a clip source for ``FramePairDataset``:
``len(source)``, ``name(i) -> str``, ``num_frames(i) -> int``,
``frame(i, t) -> (S, S, 3) uint8 BGR`` and
``background(i) -> (S, S, 3) uint8 BGR, or None when the clip comes with none``.
Two more are optional: ``mask(i, t) -> (S, S) float32 in [0, 1]``, how surely each pixel is the
figure, where a dataset gives that; and an attribute ``frame_counts``, the (M,) int array of all
``num_frames``, without which a set of a million clips is asked clip by clip when a run starts.
What cannot be read raises ``UnreadableFrameError``; where counts are only known once a clip is
opened (``FramePairDataset(uniform='clips')``), ``num_frames`` may raise it too.
"""
from __future__ import annotations

from pathlib import Path
from typing import Sequence

import numpy as np
from mmengine.logging import MMLogger
from mmpose.registry import DATASETS

from ikp_mm.clips.clip_index import ClipIndex, open_or_make
from ikp_mm.clips.frame_cache import FrameCache, read_bytes_option
from ikp_mm.clips.index_folders import check_folder, folder_options, index_folders
from ikp_mm.io.crop import NON_SQUARE, resize_square
from ikp_mm.io.find import BACKGROUND_SUFFIX, IMAGE_SUFFIXES, check_patterns
from ikp_mm.io.frame_names import decode_name
from ikp_mm.io.pictures import UnreadableFrameError, read_image

# Clips compared with the disk when a written index is opened.
SPOT_CHECKS = 16
# So many clips are named in an error.
MAX_NAMED = 100


def warn_left_out(index: ClipIndex) -> None:
    """Log how many files or folders an index leaves out, and the first of them."""
    if index.unreadable:
        some = '\n  '.join(index.unreadable[:10])
        MMLogger.get_current_instance().warning(
            f'{len(index.unreadable)} of the {index.kind} below {index.root} could not be read '
            f'when they were indexed and are left out:\n  {some}'
            + ('\n  ...' if len(index.unreadable) > 10 else ''))


def spot_check(clips) -> None:
    """Let a source ``check`` a few of its clips; any few, so that runs differ in which."""
    for clip in np.random.default_rng().choice(len(clips), min(SPOT_CHECKS, len(clips)),
                                               replace=False):
        clips.check(int(clip))


def refuse_short(names: Sequence[str], counts: Sequence[int], total: int, what: str) -> None:
    """Raise ``ValueError`` when there are clips with too few frames, naming the first 100."""
    if not total:
        return
    named = ', '.join(f'{name} ({count})' for name, count in zip(names, counts))
    rest = f' and {total - len(names)} more' if total > len(names) else ''
    raise ValueError(f'{total} {what}: {named}{rest}; leave them out with exclude=[...]')


@DATASETS.register_module()
class FolderClips:
    """Every folder below ``root`` that holds images directly is one clip.

    A clip's name is its path below ``root`` with '/', e.g. 'actor0/action1'. Its frames are its
    images in natural order. ``root`` itself is never a clip. Hidden folders are passed over.

    Args:
        root: the folder of clips.
        image_size: side S of the square frames returned.
        include: glob patterns on clip names ('*' also matches '/'), a clip must match one; None
            takes all. E.g. ``['actor[0-6]/*']``.
        exclude: glob patterns, a clip that matches one is left out.
        image_suffixes: what counts as an image, compared in lower case.
        background_suffix: a clip's given background lies beside its folder as ``<name><suffix>``;
            such images are never frames. None: there are none.
        min_frames: a clip with fewer frames is an error, 2 because a pair needs two.
        skip_short: clips with fewer frames are named in a warning and left out.
        non_square: 'error', 'crop' or 'pad', see ``resize_square``.
        cache: keep decoded, resized frames in memory (3 S^2 bytes a frame, in each loader worker):
            True up to 2 GiB, or a size such as '512MiB', or bytes; the frames not asked for the
            longest make room. False keeps none. Training reads every frame of a small set
            hundreds of times.
        index: an index made by ``tools/index_clips.py``, for large sets; made here when there is
            none. The clips are those that were there then; their number and order, and so the
            draws, are those without an index. A few clips are compared with the disk at once, the
            others when they are first opened. None looks through the whole folder.

    Raises:
        FileNotFoundError: ``root`` is no folder, or holds no clip, or none is left after
            include and exclude.
        ValueError: clips with too few frames (a hundred are named), bad arguments.
        StaleIndexError: the index does not describe what is on disk; also from ``frame``.
    """

    def __init__(self, root: str, image_size: int, include: Sequence[str] | None = None,
                 exclude: Sequence[str] = (),
                 image_suffixes: Sequence[str] = IMAGE_SUFFIXES,
                 background_suffix: str | None = BACKGROUND_SUFFIX, min_frames: int = 2,
                 non_square: str = 'error', cache: bool | int | str = True,
                 index: str | None = None, skip_short: bool = False) -> None:
        if non_square not in NON_SQUARE:
            raise ValueError(f'non_square must be one of {NON_SQUARE}, got {non_square!r}')
        check_patterns(include, exclude)
        if image_size < 1 or min_frames < 1:
            raise ValueError(f'image_size and min_frames must be positive, got {image_size}, '
                             f'{min_frames}')
        self.root = Path(root)
        self.image_size = int(image_size)
        self.background_suffix = background_suffix
        self.min_frames = int(min_frames)
        self.non_square = non_square
        self._cache = FrameCache(read_bytes_option(cache, 'cache'))
        self._index = self._make_or_open(image_suffixes, index)
        self._clips = self._index.names.choose(include, exclude)
        if not len(self._clips):
            some = [self._index.names.text(i) for i in range(min(3, len(self._index)))]
            raise FileNotFoundError(
                f'none of the {len(self._index)} clips below {self.root} (e.g. {some}) '
                f'is left by include={include}, exclude={list(exclude)}')
        self.frame_counts = self._index.frame_counts[self._clips]
        if skip_short:
            self._leave_out_short_clips()
        self._refuse_short_clips()
        # A clip just looked through needs no second look.
        self._checked = np.full(len(self), index is None)
        spot_check(self)

    def __len__(self) -> int:
        return len(self._clips)

    def name(self, clip: int) -> str:
        """The clip's path below the root, with '/'."""
        return self._index.names.text(self._clips[clip])

    def num_frames(self, clip: int) -> int:
        return int(self.frame_counts[clip])

    def path(self, clip: int, t: int) -> Path:
        """The image file of a frame."""
        if not -len(self) <= clip < len(self) or not 0 <= t < self.frame_counts[clip]:
            raise IndexError(f'there is no frame {t} of clip {clip}')
        return self.root / self.name(clip) / decode_name(
            self._index.entries.view(self._clips[clip]), t)

    def frame(self, clip: int, t: int) -> np.ndarray:
        """Frame t as (S, S, 3) uint8 BGR. Treat it as read-only: it may come from the cache."""
        image = self._cache.get((clip, t))
        if image is None:
            self.check(clip)
            path = self.path(clip, t)
            image = resize_square(read_image(path), self.image_size, self.non_square, str(path))
            self._cache.put((clip, t), image)
        return image

    def background(self, clip: int) -> np.ndarray | None:
        """The background image beside the clip's folder as (S, S, 3) uint8 BGR, None if absent."""
        if self.background_suffix is None:
            return None
        path = self.root / (self.name(clip) + self.background_suffix)
        if not path.is_file():
            return None
        return resize_square(read_image(path), self.image_size, self.non_square, str(path))

    def check(self, clip: int) -> None:
        """Compare a clip with what the index says of it, once in each process.

        Raises:
            StaleIndexError: it is not there, or has other frames.
            UnreadableFrameError: its folder cannot be looked at.
        """
        if self._checked[clip]:
            return
        try:
            check_folder(self._index, self.root, int(self._clips[clip]))
        except OSError as error:
            raise UnreadableFrameError(self.root / self.name(clip),
                                       error.strerror or str(error)) from error
        self._checked[clip] = True

    def _make_or_open(self, image_suffixes: Sequence[str], index: str | None) -> ClipIndex:
        def make() -> ClipIndex:
            return index_folders(self.root, image_suffixes, self.background_suffix)

        options = folder_options(image_suffixes, self.background_suffix)
        opened = make() if index is None else open_or_make(index, 'folders', options, make)
        warn_left_out(opened)
        return opened

    def _leave_out_short_clips(self) -> None:
        short = np.flatnonzero(self.frame_counts < self.min_frames)
        if not len(short) or len(short) == len(self):
            return
        named = ', '.join(self.name(clip) for clip in short[:MAX_NAMED])
        MMLogger.get_current_instance().warning(
            f'{len(short)} of {len(self)} clips below {self.root} have fewer than '
            f'{self.min_frames} frames and are left out: {named}')
        kept = self.frame_counts >= self.min_frames
        self._clips, self.frame_counts = self._clips[kept], self.frame_counts[kept]

    def _refuse_short_clips(self) -> None:
        short = np.flatnonzero(self.frame_counts < self.min_frames)
        refuse_short([str(self.root / self.name(clip)) for clip in short[:MAX_NAMED]],
                     self.frame_counts[short], len(short),
                     f'clips have fewer than {self.min_frames} frames')
