import numpy as np
import pytest
from PIL import Image

from ikp_mm.io.frame_sources import VideoFile
from ikp_mm.visualization.video_writer import VideoWriter, write_gif

pytest.importorskip('av')


def frames(count, height=33, width=64):
    return [np.full((height, width, 3), 20 * t, np.uint8) for t in range(count)]


def test_video_has_its_frames_in_order(tmp_path):
    with VideoWriter(tmp_path / 'a.mp4', 12.5) as writer:
        for frame in frames(6):
            writer.write(frame)
    assert VideoFile(tmp_path / 'a.mp4', 'a').frame_rate().rate == pytest.approx(12.5, abs=0.01)
    read = list(VideoFile(tmp_path / 'a.mp4', 'a'))
    assert read[0].shape == (34, 64, 3)  # even
    levels = [image[:32].mean() for image in read]
    assert np.abs(np.array(levels) - 20 * np.arange(6)).max() < 5


def test_frames_with_times_are_shown_at_them(tmp_path):
    """Four frames in 0.9 s, the last after a pause; two at one time come one after another."""
    with VideoWriter(tmp_path / 'a.mp4', None) as writer:
        for frame, seconds in zip(frames(5), (70.0, 70.1, 70.2, 70.9, 70.9)):
            writer.write(frame, seconds)
    found = VideoFile(tmp_path / 'a.mp4', 'a').frame_rate()
    assert found.rate == pytest.approx(4 / 0.901, rel=1e-3) and '0.700 s' in found.note
    assert len(list(VideoFile(tmp_path / 'a.mp4', 'a'))) == 5
    with pytest.raises(ValueError, match='frames have times when the video has no rate'):
        VideoWriter(tmp_path / 'b.mp4', None).write(frames(1)[0])
    with pytest.raises(ValueError, match='frames have times'):
        VideoWriter(tmp_path / 'b.mp4', 25).write(frames(1)[0], 1.0)


@pytest.mark.parametrize('height', [96, 720])
def test_colours_are_read_as_they_were_written(tmp_path, height):
    """Red, green and blue, small and of a size whose untagged colours players take for BT.709."""
    image = np.zeros((height, 96, 3), np.uint8)
    image[:, :32, 2], image[:, 32:64, 1], image[:, 64:, 0] = 200, 180, 220
    with VideoWriter(tmp_path / 'a.mp4', 10) as writer:
        for _ in range(3):
            writer.write(image)
    read = list(VideoFile(tmp_path / 'a.mp4', 'a'))[1].astype(int)
    for x in (16, 48, 80):
        assert np.abs(read[height // 2, x] - image[height // 2, x]).max() <= 6


def test_no_frame_no_file_and_bad_rate(tmp_path):
    VideoWriter(tmp_path / 'a.mp4', 25).close()
    assert not (tmp_path / 'a.mp4').exists()
    with pytest.raises(ValueError, match='frame rate must be in'):
        VideoWriter(tmp_path / 'a.mp4', 0)


def test_gif(tmp_path):
    write_gif(tmp_path / 'a.gif', frames(4), 10)
    with Image.open(tmp_path / 'a.gif') as gif:
        assert gif.n_frames == 4 and gif.info['duration'] == 100 and gif.size == (64, 33)
    with pytest.raises(ValueError, match='a GIF needs a frame'):
        write_gif(tmp_path / 'b.gif', [], 10)
