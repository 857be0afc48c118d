"""A clip source whose frames say which they are."""
import numpy as np
import torch

from ikp_mm.io.pictures import UnreadableFrameError
from ikp_mm.clips.frame_pairs import FramePairDataset

SIZE = 16


class CountingClips:
    """Frame t of clip c is filled with (c, t, 200); a square at t moves over it when asked."""

    def __init__(self, lengths=(10, 30), unreadable=(), square=False):
        self.lengths, self.unreadable, self.square = lengths, set(unreadable), square

    def __len__(self):
        return len(self.lengths)

    def name(self, i):
        return f'clip{i}'

    def num_frames(self, i):
        return self.lengths[i]

    def background(self, i):
        return None

    def frame(self, i, t):
        if (i, t) in self.unreadable:
            raise UnreadableFrameError(f'clip{i}/{t}.png', 'truncated PNG')
        image = np.zeros((SIZE, SIZE, 3), np.uint8)
        if self.square:
            image[:] = 90
            image[4:10, t:t + 4] = (10, 20, 250)
        else:
            image[:] = (i, t, 200)
        return image


def dataset(clips=None, **options):
    return FramePairDataset(clips or CountingClips(), SIZE, **{**dict(seed=0), **options})


def where(view):
    """(clip, t) of a frame of CountingClips."""
    return int(view[0, 0, 0]), int(view[1, 0, 0])


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) if torch.is_tensor(a[k])
                                        else a[k] == b[k] for k in a)
