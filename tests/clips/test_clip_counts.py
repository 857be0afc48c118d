import numpy as np
import pytest
from mmengine.logging import MMLogger

from ikp_mm.clips.clip_counts import clip_counts
from ikp_mm.io import progress


class Clips:
    def __init__(self, counts):
        self.counts = counts

    def __len__(self):
        return len(self.counts)

    def num_frames(self, i):
        return self.counts[i]


def test_every_clip_is_asked():
    assert clip_counts(Clips([4, 2, 9])).tolist() == [4, 2, 9]


def test_the_log_says_how_far_it_is(monkeypatch):
    said = []
    monkeypatch.setattr(progress, 'SECONDS_BETWEEN_LINES', 0.0)
    monkeypatch.setattr(MMLogger.get_current_instance(), 'info', said.append)
    clip_counts(Clips([4, 2]))
    assert [line.split(',')[0] for line in said] == [
        f'{done} of 2 clips of Clips asked for their number of frames' for done in (1, 2)]


def test_the_array_is_enough():
    clips = Clips([0, 0, 0])
    clips.frame_counts = np.array([4, 2, 9], np.int32)
    assert clip_counts(clips).tolist() == [4, 2, 9] and clip_counts(clips).dtype == np.int64
    clips.frame_counts = np.array([4, 2])
    with pytest.raises(ValueError, match=r'Clips.frame_counts has shape \(2,\), it has 3 clips'):
        clip_counts(clips)
