import numpy as np
import pytest

from ikp_mm.io.video_entries import VideoEntry, decode_video, encode_video
from ikp_mm.io.video import VideoIndex


def index(times, broken=(), stated=None, keys=(0, ), timed=True):
    marks = np.zeros(len(times), bool)
    marks[list(broken)] = True
    keys = np.array(keys, np.int64)
    return VideoIndex(len(times) if stated is None else stated, np.array(times, np.int64), marks,
                      keys, keys - 2, timed)


HEADER = 8


@pytest.mark.parametrize('video, numbers', [
    (index(range(0, 512 * 1000, 512), keys=(0, 51200)), HEADER + 2 * 2),  # times by their rule
    (index(range(1000), broken=(4, 5)), HEADER + 2 + 2),
    (index([0, 3, 4, 9], stated=12), HEADER + 2 + 4),  # a variable frame rate
    (index([7]), HEADER + 2), (index([], keys=(), stated=3), HEADER), (index([5, 5]), HEADER + 4),
    (index(range(9), timed=False), HEADER + 2),
])
def test_there_and_back(video, numbers):
    data = encode_video(VideoEntry(123456789012, video))
    assert len(data) == 8 * numbers
    size, back = decode_video(data)
    assert (size, back.num_frames, back.timed) == (123456789012, video.num_frames, video.timed)
    for name in ('times', 'broken', 'key_times', 'key_decode_times'):
        assert np.array_equal(getattr(back, name), getattr(video, name)), name
        assert getattr(back, name).dtype == getattr(video, name).dtype
