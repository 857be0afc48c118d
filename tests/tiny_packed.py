"""A tiny clip source with everything that can be packed, and sets packed from it."""
from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np

from ikp_mm.clips.packed import DATABASE, pack_clips
from ikp_mm.io.pictures import UnreadableFrameError

SIZE = 16


class TinyClips:
    """Clips of noise under a moving square, with masks and, but for the last, backgrounds.

    ``unreadable`` holds (clip, t) of frames, (clip, t, 'mask') of masks, and clips."""

    def __init__(self, lengths=(5, 70, 3), unreadable=()):
        self.lengths, self.unreadable = lengths, set(unreadable)

    def __len__(self):
        return len(self.lengths)

    def name(self, i):
        return f'actor{i}/ä'

    def num_frames(self, i):
        self._refuse(i)
        return self.lengths[i]

    def frame(self, i, t):
        self._refuse((i, t))
        image = np.random.default_rng([i, t]).integers(0, 60, (SIZE, SIZE, 3), dtype=np.uint8)
        image[4:10, t % 10:t % 10 + 5] += 120
        return image

    def background(self, i):
        return None if i == len(self) - 1 else np.full((SIZE, SIZE, 3), 30 + i, np.uint8)

    def mask(self, i, t):
        self._refuse((i, t, 'mask'))
        return np.random.default_rng([i, t, 1]).random((SIZE, SIZE), np.float32)

    def _refuse(self, what):
        if what in self.unreadable:
            raise UnreadableFrameError(f'{what}.png', 'truncated PNG')


def pack(clips, out, image_size=SIZE, say=lambda line: None, **options):
    """Pack into ``out`` and return its index."""
    return pack_clips(clips, out, image_size, say=say, **options)


def wipe_page(folder: Path, page: int) -> None:
    """Fill a page of a set's database with zeros; the first two say what there is."""
    with open(folder / DATABASE, 'r+b') as file:
        file.seek(page * mmap.PAGESIZE)
        file.write(bytes(mmap.PAGESIZE))


def number_of_pages(folder: Path) -> int:
    """Pages of a set's database."""
    return (folder / DATABASE).stat().st_size // mmap.PAGESIZE


def same_draws(ours, theirs, draws=range(12)):
    """Whether two datasets give the very same items."""
    for draw in draws:
        a, b = ours[draw], theirs[draw]
        assert a.keys() == b.keys()
        for key in a.keys() - {'draw'}:
            assert a[key].dtype == b[key].dtype
            if not np.array_equal(a[key].numpy(), b[key].numpy()):
                return False
    return True
