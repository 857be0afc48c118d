import numpy as np
import pytest

from ikp_mm.preparation import UnreadableVideoError
from ikp_mm.inference.frame_rate import frame_rate_of, rate_of_times
from tiny_layouts_faces import numbered_frame
from tiny_layouts_faces import write_video as write_timed
from tiny_videos import moving_square, write_video


def test_constant_rate():
    found = rate_of_times(np.arange(11) / 25)
    assert found.rate == pytest.approx(25) and found.note is None


def test_variable_rate_keeps_the_length_and_is_noted():
    # Four frames in 1.0 s: three gaps.
    found = rate_of_times(np.array([0, 0.1, 0.2, 1.0]))
    assert found.rate == pytest.approx(3)
    assert found.note == ('variable frame rate: 0.100 to 0.800 s between frames, 3 frames/s on '
                          'average')


def test_clock_of_milliseconds_is_not_variable():
    assert rate_of_times(np.array([0, 0.033, 0.067, 0.1])).note is None


def test_frames_that_all_state_one_time():
    found = rate_of_times(np.zeros(3))
    assert found.rate == 25 and 'assumed' in found.note


def test_files(tmp_path):
    pytest.importorskip('av')
    frames = [numbered_frame(t) for t in range(6)]
    assert frame_rate_of(write_timed(tmp_path / 'even.mp4', frames)).rate == pytest.approx(25)
    # Times in 1/25 s: five gaps in 25 / 25 s.
    uneven = frame_rate_of(write_timed(tmp_path / 'uneven.mp4', frames,
                                       times=[0, 1, 2, 3, 4, 25]))
    assert uneven.rate == pytest.approx(5) and uneven.note.startswith('variable frame rate')
    assert frame_rate_of(write_video(tmp_path / 'motion.avi', moving_square(4))).rate == \
        pytest.approx(25)
    (tmp_path / 'text.mp4').write_text('no video')
    with pytest.raises(UnreadableVideoError, match='text.mp4 cannot be opened'):
        frame_rate_of(tmp_path / 'text.mp4')
