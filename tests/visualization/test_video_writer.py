import cv2
import numpy as np
import pytest
from PIL import Image

from ikp_mm.visualization import video_writer
from ikp_mm.visualization.video_writer import VideoWriter, write_gif


def frames(count, height=33, width=64):
    return [np.full((height, width, 3), 20 * t, np.uint8) for t in range(count)]


@pytest.mark.parametrize('sink', ['av', 'opencv'])
def test_video_has_its_frames_in_order(tmp_path, monkeypatch, sink):
    if sink == 'av':
        pytest.importorskip('av')
    else:
        monkeypatch.setattr(video_writer, '_open_sink', video_writer._CvSink)
    with VideoWriter(tmp_path / 'a.mp4', 12.5) as writer:
        for frame in frames(6):
            writer.write(frame)
    capture = cv2.VideoCapture(str(tmp_path / 'a.mp4'))
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(12.5, abs=0.01)
    levels = []
    while (read := capture.read())[0]:
        assert read[1].shape == (34, 64, 3)  # even
        levels.append(read[1][:32].mean())
    assert np.abs(np.array(levels) - 20 * np.arange(6)).max() < 5


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
