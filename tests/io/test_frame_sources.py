"""Sources: what is read, what is named when it is not whole."""
from fractions import Fraction

import numpy as np
import pytest

from ikp_mm.io.frame_sources import (EvenSample, FrameFolder, UnreadableVideoError, VideoFile,
                                     evenly_spaced, find_sources, rate_of_times)
from tiny_layouts_faces import numbered_frame
from tiny_layouts_faces import write_video as write_timed
from tiny_videos import (frame_with_square, moving_square, truncate, write_frames,
                         write_uneven_video, write_video)


def test_evenly_spaced():
    assert evenly_spaced(3, 5) == [0, 1, 2]
    assert evenly_spaced(101, 5) == [0, 25, 50, 75, 100]


def test_video_gives_every_step_th_frame_again_and_again(tmp_path):
    # Ground 10, 20, ... 70: told apart after JPEG.
    frames = [frame_with_square(10, 10, ground=10 * (t + 1)) for t in range(7)]
    video = VideoFile(write_video(tmp_path / 'a.avi', frames), 'a', step=3)
    for _ in range(2):
        grounds = [int(frame[0, 0, 0]) for frame in video]
        assert np.abs(np.subtract(grounds, [10, 40, 70])).max() <= 3
    assert (video.num_read, video.declared, video.problem) == (7, 7, None)
    assert video.numbers == [0, 3, 6] and video.expected_frames() == 3


def test_truncated_video_is_named(tmp_path):
    path = write_video(tmp_path / 'cut.avi', moving_square(60))
    truncate(path, 0.5)
    video = VideoFile(path, 'cut')
    count = sum(1 for _ in video)
    assert 20 <= count <= 35
    assert f'{path} ends early: it declares 60 frames, {count} can be decoded' in video.problem


def test_damaged_frames_keep_their_numbers(tmp_path):
    """Motion JPEG: each frame stands alone, so the others are whole."""
    path = write_video(tmp_path / 'a.avi', moving_square(6))
    data = bytearray(path.read_bytes())
    starts = [k for k in range(len(data)) if data[k:k + 3] == b'\xff\xd8\xff']
    data[starts[2]:starts[2] + 300] = bytes(300)
    path.write_bytes(data)
    video = VideoFile(path, 'a')
    frames = list(video)
    assert video.numbers == [0, 1, 3, 4, 5] and len(frames) == 5
    assert video.problem == f'{path}: 1 damaged frames left out'


def test_what_a_player_shows_otherwise_is_said(tmp_path):
    av = pytest.importorskip('av')
    path = tmp_path / 'a.mp4'
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('libx264', rate=25)
        second = container.add_stream('mpeg4', rate=25)
        second.width, second.height, second.pix_fmt = 16, 16, 'yuv420p'
        stream.width, stream.height, stream.pix_fmt = 96, 64, 'yuv420p'
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        stream.codec_context.color_trc = 18
        for image in moving_square(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format='bgr24')))
        container.mux(stream.encode())
        container.mux(second.encode(av.VideoFrame(16, 16, 'yuv420p')))
        container.mux(second.encode())
    video = VideoFile(path, 'a')
    assert [frame.shape for frame in video] == [(64, 96, 3)] * 3
    assert 'pixels are not square (4:3)' in video.problem and 'HDR (HLG)' in video.problem
    assert 'holds 2 video streams' in video.problem


def test_no_video_is_refused(tmp_path):
    path = tmp_path / 'text.mp4'
    path.write_bytes(b'not a video')
    with pytest.raises(UnreadableVideoError, match='text.mp4 cannot be opened as a video'):
        list(VideoFile(path, 'text'))
    with pytest.raises(ValueError, match='step must be at least 1'):
        VideoFile(path, 'text', step=0)


def test_folder_is_read_in_natural_order(tmp_path):
    frames = [np.full((8, 8, 3), 10 * t, np.uint8) for t in range(12)]
    folder = FrameFolder(write_frames(tmp_path / 'f', frames), 'f', step=5)
    assert [int(frame[0, 0, 0]) for frame in folder] == [0, 50, 100]
    assert (folder.num_read, folder.problem) == (12, None)


def test_folder_names_broken_images(tmp_path):
    folder = FrameFolder(write_frames(tmp_path / 'f', moving_square(4)), 'f')
    truncate(tmp_path / 'f/2.png', 0.5)
    assert sum(1 for _ in folder) == 3
    assert folder.num_read == 3
    assert folder.numbers == [0, 1, 3] and folder.expected_frames() == 4
    assert '1 images left out' in folder.problem and 'f/2.png: truncated PNG' in folder.problem
    for t in (0, 1, 3):
        truncate(tmp_path / f'f/{t}.png', 0.5)
    with pytest.raises(UnreadableVideoError, match='none of its images'):
        list(folder)


def test_a_link_to_no_image_is_named(tmp_path):
    write_frames(tmp_path / 'f', moving_square(3))
    (tmp_path / 'f/3.png').symlink_to(tmp_path / 'gone.png')
    folder = FrameFolder(tmp_path / 'f', 'f')
    assert sum(1 for _ in folder) == 3 and 'f/3.png: No such file' in folder.problem


def test_find_sources_names_by_path(tmp_path):
    (tmp_path / 'set/b').mkdir(parents=True)
    for name in ('set/x.avi', 'set/b/y2.mp4', 'set/b/y10.mp4', 'set/notes.txt', 'set/.hid.mp4'):
        (tmp_path / name).touch()
    write_frames(tmp_path / 'set/c/shots', moving_square(1))
    found = {source.name: type(source) for source in find_sources([tmp_path / 'set'], 2)}
    assert found == dict(x=VideoFile, b_y2=VideoFile, b_y10=VideoFile, c_shots=FrameFolder)
    assert list(found) == ['x', 'b_y2', 'b_y10', 'c_shots']
    single, = find_sources([tmp_path / 'set/c/shots'])
    assert (single.name, single.step) == ('shots', 1)
    assert find_sources([tmp_path / 'set/x.avi'])[0].name == 'x'


def test_find_sources_refuses(tmp_path):
    (tmp_path / 'a').mkdir()
    with pytest.raises(FileNotFoundError, match='nowhere does not exist'):
        find_sources([tmp_path / 'nowhere'])
    with pytest.raises(FileNotFoundError, match='holds no video'):
        find_sources([tmp_path / 'a'])
    for name in ('a/x.mp4', 'x.avi', 'n.txt'):
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match="would both be called 'x'"):
        find_sources([tmp_path / 'a', tmp_path / 'x.avi'])
    with pytest.raises(ValueError, match='n.txt is no video'):
        find_sources([tmp_path / 'n.txt'])


@pytest.mark.parametrize('name', ['a.mp4', 'a.mkv'])
def test_a_variable_frame_rate_is_no_problem(name, tmp_path):
    # Twenty frames in short steps and, after a pause, twenty more: what the duration times the
    # frame rate would give (Matroska declares no number) are not forty.
    times = [t if t < 20 else 300 + 4 * t for t in range(40)]
    frames = [frame_with_square(10, 10, ground=5 * (t + 1)) for t in range(40)]
    video = VideoFile(write_uneven_video(tmp_path / name, frames, times), 'a')
    grounds = [int(frame[0, 0, 0]) for frame in video]
    assert np.abs(np.subtract(grounds, [5 * (t + 1) for t in range(40)])).max() <= 7
    assert video.num_read == 40 and video.problem is None


def test_a_truncated_video_of_a_variable_frame_rate_is_named(tmp_path):
    times = [t if t < 20 else 300 + 4 * t for t in range(40)]
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 256, (64, 96, 3), dtype=np.uint8) for _ in range(40)]
    path = truncate(write_uneven_video(tmp_path / 'a.mkv', frames, times), 0.4)
    video = VideoFile(path, 'a')
    assert sum(1 for _ in video) < 20
    assert 'a.mkv ends early' in video.problem


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


def test_frame_rate_of_files(tmp_path):
    pytest.importorskip('av')
    frames = [numbered_frame(t) for t in range(6)]
    even = VideoFile(write_timed(tmp_path / 'even.mp4', frames), 'a', step=2)
    assert even.frame_rate().rate == pytest.approx(12.5)
    # Times in 1/25 s: five gaps in 25 / 25 s.
    uneven = VideoFile(write_timed(tmp_path / 'uneven.mp4', frames, times=[0, 1, 2, 3, 4, 25]),
                       'a').frame_rate()
    assert uneven.rate == pytest.approx(5) and uneven.note.startswith('variable frame rate')
    motion = VideoFile(write_video(tmp_path / 'motion.avi', moving_square(4)), 'a')
    assert motion.frame_rate().rate == pytest.approx(25)
    (tmp_path / 'text.mp4').write_text('no video')
    with pytest.raises(UnreadableVideoError, match='text.mp4 cannot be opened as'):
        VideoFile(tmp_path / 'text.mp4', 'a').frame_rate()


def test_even_sample_is_even_whatever_the_length():
    sample = EvenSample(4)
    for item in range(5):
        sample.add(item)
    assert sample.items == [0, 2, 4] and sample.stride == 2
    for item in range(5, 13):
        sample.add(item)
    assert sample.items == [0, 4, 8, 12] and sample.stride == 4
