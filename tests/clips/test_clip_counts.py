import numpy as np
import pytest

from ikp_mm.clips.clip_counts import clip_counts


class Clips:
    def __init__(self, counts):
        self.counts = counts

    def __len__(self):
        return len(self.counts)

    def num_frames(self, i):
        return self.counts[i]


def test_every_clip_is_asked():
    assert clip_counts(Clips([4, 2, 9])).tolist() == [4, 2, 9]


def test_the_array_is_enough():
    clips = Clips([0, 0, 0])
    clips.frame_counts = np.array([4, 2, 9], np.int32)
    assert clip_counts(clips).tolist() == [4, 2, 9] and clip_counts(clips).dtype == np.int64
    clips.frame_counts = np.array([4, 2])
    with pytest.raises(ValueError, match=r'Clips.frame_counts has shape \(2,\), it has 3 clips'):
        clip_counts(clips)
