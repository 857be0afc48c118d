"""What datasets that come as pictures with annotations share: clips, and pictures not there."""
from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from ikp_mm.clips.background import read_mask
from ikp_mm.clips.frame_cache import FrameCache, read_bytes_option
from ikp_mm.io.crop import crop_square, resize_square
from ikp_mm.io.pictures import image_size, read_image


class CroppedClips(ABC):
    """Clips cut out by squares that annotations give (a clip source, see ``clips.folders``).

    Subclasses say the ``path`` of a frame, and its ``square`` unless it is shown whole.

    Args:
        names, frames: of the clips, and of each clip what subclasses know its frames by.
        image_size: side S of the frames given out.
        min_frames: a clip with fewer is an error.
        cache: keep cropped frames in memory, within a budget, as in ``FolderClips``.

    Raises:
        ValueError: too short clips.
    """

    def __init__(self, names: Sequence[str], frames: Sequence[Sequence], image_size: int,
                 min_frames: int, cache: bool | int | str) -> None:
        self.image_size = int(image_size)
        self._names, self._frames = names, frames
        self._cache = FrameCache(read_bytes_option(cache, 'cache'))
        short = [name for name, own in zip(names, frames) if len(own) < min_frames]
        if short:
            raise ValueError(f'{len(short)} clips have fewer than min_frames={min_frames} frames: '
                             f'{short[:20]}')

    def __len__(self) -> int:
        return len(self._names)

    def name(self, clip: int) -> str:
        return self._names[clip]

    def num_frames(self, clip: int) -> int:
        return len(self._frames[clip])

    @abstractmethod
    def path(self, clip: int, t: int) -> Path:
        """The picture of frame t."""

    def square(self, clip: int, t: int) -> np.ndarray | None:
        """What is cut out of frame t: (cx, cy, side) in pixels of its picture; None: all of it."""
        return None

    def frame(self, clip: int, t: int) -> np.ndarray:
        """Cropped frame t as (S, S, 3) uint8 BGR. Treat it as read-only."""
        image = self._cache.get((clip, t))
        if image is None:
            image = self._cut(self.path(clip, t), read_image(self.path(clip, t)), clip, t)
            self._cache.put((clip, t), image)
        return image

    def background(self, clip: int) -> np.ndarray | None:
        """None: these datasets come with none."""
        return None

    def _cut_mask(self, path: Path, clip: int, t: int) -> np.ndarray:
        """The mask of frame t, by ``read_mask``: (S, S) float32 in [0, 1], 1 on the figure."""
        mask = read_mask(path, image_size(self.path(clip, t))[::-1])
        # OpenCV's area weights may sum to a little more than 1.
        return np.minimum(self._cut(path, mask, clip, t), 1)

    def _cut(self, path: Path, image: np.ndarray, clip: int, t: int) -> np.ndarray:
        square = self.square(clip, t)
        if square is None:
            return resize_square(image, self.image_size, 'error', str(path))
        return crop_square(image, square, self.image_size)


def require_files(root: Path, names: Iterable[str], how_to_get: str) -> int:
    """Refuse pictures ``names`` below ``root`` that are not there, before anything runs; each
    folder is listed once. Returns the number of all files in their folders.

    Raises:
        FileNotFoundError: says how many are missing, and ``how_to_get`` them.
    """
    names, listing = list(map(str, names)), {}
    for folder in {os.path.dirname(name) for name in names}:
        path = root / folder
        listing[folder] = set(os.listdir(path)) if path.is_dir() else set()
    missing = [name for name in names
               if os.path.basename(name) not in listing[os.path.dirname(name)]]
    if missing:
        raise FileNotFoundError(f'{len(missing)} of {len(names)} images are missing, the first is '
                                f'{root / missing[0]}. {how_to_get}')
    return sum(map(len, listing.values()))
