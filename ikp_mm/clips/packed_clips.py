"""Clips that were decoded and resized once: ``tools/pack_clips.py`` (docs/packed_data.md)."""
from __future__ import annotations

from typing import Sequence

import numpy as np
from mmengine.logging import MMLogger
from mmpose.registry import DATASETS

from ikp_mm.clips.packed_database import PackedDatabase
from ikp_mm.clips.packed_format import (BACKGROUND, BACKGROUND_GONE, CLIP_GONE, FRAME, FRAME_GONE,
                                        MASK, MASK_GONE, PackedIndex, clip_key, decode_frame,
                                        decode_mask, frame_key)
from ikp_mm.io.find import check_patterns
from ikp_mm.io.pictures import UnreadableFrameError


@DATASETS.register_module()
class PackedClips:
    """A clip source (see ``ikp_mm.clips.folders``) read from a packed set.

    Clips, their order and their frame numbers are those of the source that was packed; what was
    unreadable there raises ``UnreadableFrameError`` here. Nothing is kept in memory: the pages of
    the database are the operating system's, shared by all loader workers.

    Args:
        path: the folder that ``tools/pack_clips.py`` wrote.
        image_size: side S of the frames, that which they were packed with.
        include: glob patterns on clip names ('*' also matches '/'), a clip must match one; None
            takes all.
        exclude: glob patterns, a clip that matches one is left out.

    Raises:
        FileNotFoundError: nothing is packed there, or no clip is left by include and exclude.
        PackedFormatError: of another version, truncated or damaged.
        ValueError: packed with another image size; one string in place of a list.
    """

    def __init__(self, path: str, image_size: int, include: Sequence[str] | None = None,
                 exclude: Sequence[str] = ()) -> None:
        check_patterns(include, exclude)
        self._options = (str(path), image_size, include, exclude)
        self._index = PackedIndex.open(path)
        about = self._index.about
        if about['image_size'] != image_size:
            raise ValueError(
                f'{path} was packed with image_size={about["image_size"]}, the dataset asks for '
                f'image_size={image_size}: pack the clips with --image-size {image_size}')
        self.path = self._index.path
        self.image_size = int(image_size)
        self._codec, self._masks = about['codec'], about['masks']
        self._database = PackedDatabase(self.path, about['identity'])
        # Numbers in the database of the clips that are used; None: all.
        self._chosen: np.ndarray | None = None
        # (M,) int32, numbers of frames; 0 for a clip that could not be opened.
        self.frame_counts = self._index.frame_counts
        if include is not None or exclude:
            self._chosen = self._index.names.choose(include, exclude)
            self.frame_counts = self.frame_counts[self._chosen]
        self._warn_of_empty()
        if not len(self.frame_counts):
            raise FileNotFoundError(f'none of the {about["clips"]} clips in {path} is left by '
                                    f'include={include}, exclude={list(exclude)}')

    def _warn_of_empty(self) -> None:
        empty = np.flatnonzero(self.frame_counts == 0)
        if len(empty):
            names = ', '.join(self.name(clip) for clip in empty[:10])
            MMLogger.get_current_instance().warning(
                f'{self.path}: {len(empty)} clips could not be opened when they were packed and '
                f'have no frames, e.g. {names}')

    def __len__(self) -> int:
        return len(self.frame_counts)

    def __reduce__(self):
        # A spawned worker maps the files itself; pickled arrays would be copies.
        return type(self), self._options

    def name(self, clip: int) -> str:
        """The clip's name in the source."""
        return self._index.names.text(self._number(clip))

    def num_frames(self, clip: int) -> int:
        """Number of frames.

        Raises:
            UnreadableFrameError: the source could not open the clip.
        """
        count = int(self.frame_counts[clip])
        if count == 0:
            reason = self._database.get(clip_key(self._number(clip), CLIP_GONE))
            if reason is not None:
                raise UnreadableFrameError(f'{self.path}/{self.name(clip)}', reason.decode())
        return count

    def frame(self, clip: int, t: int) -> np.ndarray:
        """Frame t as (S, S, 3) uint8 BGR, read-only.

        Raises:
            UnreadableFrameError: it was unreadable when packed, or is missing or damaged.
            IndexError: t is not in 0 .. num_frames - 1.
        """
        number = self._number(clip)
        value = self._database.get(frame_key(number, t, FRAME))
        image = None if value is None else decode_frame(value, self._codec, self.image_size)
        if image is None:
            raise self._missing(clip, t, value, frame_key(number, t, FRAME_GONE), 'frame')
        return image

    def background(self, clip: int) -> np.ndarray | None:
        """The background that was packed with the clip, (S, S, 3) uint8 BGR, read-only; None when
        there was none."""
        number = self._number(clip)
        value = self._database.get(clip_key(number, BACKGROUND))
        if value is not None:
            return decode_frame(value, 'raw', self.image_size)
        reason = self._database.get(clip_key(number, BACKGROUND_GONE))
        if reason is not None:
            raise UnreadableFrameError(f'{self.path}/{self.name(clip)} background',
                                       reason.decode())
        return None

    def mask(self, clip: int, t: int) -> np.ndarray:
        """The mask of frame t, (S, S) float32 in [0, 1], 1 on the figure; read-only.

        Raises:
            ValueError: the set was packed without masks.
            UnreadableFrameError, IndexError: as ``frame``.
        """
        if not self._masks:
            raise ValueError(f'{self.path} was packed without masks: pack it with --masks from a '
                             'source that comes with them')
        number = self._number(clip)
        value = self._database.get(frame_key(number, t, MASK))
        mask = None if value is None else decode_mask(value, self.image_size)
        if mask is None:
            raise self._missing(clip, t, value, frame_key(number, t, MASK_GONE), 'mask')
        return mask

    def _number(self, clip: int) -> int:
        return clip if self._chosen is None else int(self._chosen[clip])

    def _missing(self, clip: int, t: int, value: bytes | None, gone: str, what: str) -> Exception:
        """Why there is no such frame or mask, to be raised."""
        where = f'{self.path}/{self.name(clip)} {what} {t}'
        if not 0 <= t < self.frame_counts[clip]:
            return IndexError(f'{where}: the clip has {self.frame_counts[clip]} frames')
        if value is not None:
            return UnreadableFrameError(where, f'{len(value)} bytes that are no such {what}')
        reason = self._database.get(gone)
        return UnreadableFrameError(
            where, 'missing from the database' if reason is None else reason.decode())
