import json
import time

import cv2
import numpy as np
import pytest
from PIL import Image

from ikp_mm.inference import SourceArguments, load_predictor
from ikp_mm.inference.demo import DemoSettings, run_demo, shipped_model
from ikp_mm.io.frame_sources import VideoFile
from ikp_mm.visualization.video_writer import VideoWriter
from tiny_checkpoint import save_tiny
from tiny_videos import moving_square, truncate, write_frames, write_video


@pytest.fixture(scope='module')
def predictor(tmp_path_factory):
    return load_predictor(save_tiny(tmp_path_factory.mktemp('model') / 'tiny.pth'))


def run(predictor, tmp_path, *inputs, crop='whole', said=None, **options):
    boxes = options.pop('boxes', None)
    return run_demo(predictor, 'tiny.pth',
                    SourceArguments([str(path) for path in inputs], crop, boxes=boxes),
                    DemoSettings(tmp_path / 'out', **options),
                    say=(said if said is not None else []).append)


def record(tmp_path, name):
    return json.loads((tmp_path / 'out' / name / 'predictions.json').read_text())


def test_video_gives_a_video_of_its_length_and_rate(predictor, tmp_path):
    said = []
    path = write_video(tmp_path / 'walk.avi', moving_square(20))
    assert run(predictor, tmp_path, path, gif=True, said=said) == {}
    folder = tmp_path / 'out/walk'
    assert sorted(file.name for file in folder.iterdir()) == [
        'drawn.gif', 'drawn.mp4', 'predictions.json', 'sheet.jpg']
    capture = cv2.VideoCapture(str(folder / 'drawn.mp4'))
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(25, abs=0.1)
    shown = 0
    while capture.grab():
        shown += 1
    assert shown == 20
    written = record(tmp_path, 'walk')
    assert written['frames_read'] == written['frames_predicted'] == 20
    assert [frame['frame'] for frame in written['frames']] == list(range(20))
    # 96 x 64: a square of 96 about the centre.
    assert written['frames'][3]['box'] == [0, -16, 96, 80]
    direct = predictor.predict([moving_square(20)[0]], np.array([[48, 32, 96]]))
    x, y, score = written['frames'][0]['keypoints']['leftear']
    # The video is compressed: near, not equal.
    assert np.abs(np.array([x, y]) - direct.keypoints[0, 1]).max() < 3
    assert 0 <= score <= 1
    assert '20 of 20 frames predicted' in said[-1] and 'frames/s' in said[-1]


class SlowCamera:
    """Takes a while to start, and then gives a frame every fiftieth of a second."""

    def __init__(self, number):
        self.frames = iter(moving_square(40))
        self.started = False

    def isOpened(self):  # noqa: N802  (OpenCV's name)
        return True

    def read(self):
        time.sleep(0.02 if self.started else 0.6)
        self.started = True
        return True, next(self.frames)

    def release(self):
        pass


def test_a_webcams_video_plays_at_the_speed_it_was_taken(predictor, tmp_path, monkeypatch):
    monkeypatch.setattr('ikp_mm.inference.sources.cv2.VideoCapture', SlowCamera)
    arguments = SourceArguments(['webcam:0'], 'whole', max_frames=12)
    assert run_demo(predictor, 'tiny.pth', arguments, DemoSettings(tmp_path / 'out', gif=True),
                    say=lambda line: None) == {}
    rate = record(tmp_path, 'webcam0')['frame_rate']
    assert rate > 5  # 12 frames in no more than 2.2 s, the start apart
    written = VideoFile(tmp_path / 'out/webcam0/drawn.mp4', 'a').frame_rate()
    assert written.rate == pytest.approx(rate, rel=0.05)
    with Image.open(tmp_path / 'out/webcam0/drawn.gif') as gif:
        assert gif.info['duration'] == pytest.approx(1000 / rate, abs=11)


def test_a_video_of_high_speed_is_not_slowed_down(predictor, tmp_path):
    with VideoWriter(tmp_path / 'fast.mp4', 240) as writer:
        for frame in moving_square(6):
            writer.write(frame)
    run(predictor, tmp_path, tmp_path / 'fast.mp4')
    drawn = VideoFile(tmp_path / 'out/fast/drawn.mp4', 'a')
    assert drawn.frame_rate().rate == pytest.approx(240, rel=0.01)


def test_folder_gives_pictures_and_names_files(predictor, tmp_path):
    folder = write_frames(tmp_path / 'frames', moving_square(3))
    (folder / '1.png').write_bytes(b'no image')
    said = []
    run(predictor, tmp_path, folder, said=said)
    assert {'0.jpg', '2.jpg'} < {file.name for file in (tmp_path / 'out/frames').iterdir()}
    written = record(tmp_path, 'frames')
    assert [frame['file'] for frame in written['frames']] == ['0.png', '2.png']
    assert '1.png' in written['problem'] and 'PROBLEM' in said[-1]


def test_frames_without_a_box_are_reported_and_only_enlarged(predictor, tmp_path):
    folder = write_frames(tmp_path / 'frames', moving_square(3))
    boxes = tmp_path / 'boxes.csv'
    boxes.write_text('source,frame,x0,y0,x1,y1\nframes,0,5,5,25,25\nframes,1,5,5,5,25\n')
    said = []
    run(predictor, tmp_path, folder, crop='boxes', boxes=boxes, said=said)
    written = record(tmp_path, 'frames')
    assert written['skipped'] == {'box without area': 1, 'no figure found': 1}
    assert [frame['keypoints'] is None for frame in written['frames']] == [False, True, True]
    assert [frame['box'] for frame in written['frames']] == [[5, 5, 25, 25], None, None]
    assert '1 of 3 frames predicted; skipped: 1 box without area, 1 no figure found' in said[-1]


def test_what_cannot_be_read_does_not_stop_the_others(predictor, tmp_path):
    (tmp_path / 'bad.mp4').write_text('no video')
    good = write_frames(tmp_path / 'good', moving_square(1))
    failed = run(predictor, tmp_path, tmp_path / 'bad.mp4', good)
    assert list(failed) == ['bad'] and 'bad.mp4' in failed['bad']
    assert sorted(file.name for file in (tmp_path / 'out').iterdir()) == ['good']


def test_video_that_ends_early_is_in_the_record(predictor, tmp_path):
    path = truncate(write_video(tmp_path / 'cut.avi', moving_square(60)), 0.5)
    run(predictor, tmp_path, path)
    written = record(tmp_path, 'cut')
    assert 'ends early' in written['problem'] and 0 < written['frames_read'] < 60


def test_what_cannot_be_finished_leaves_nothing_behind(predictor, tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError('no space left')
    monkeypatch.setattr('ikp_mm.inference.demo.write_gif', full)
    with pytest.raises(OSError, match='no space left'):
        run(predictor, tmp_path, write_frames(tmp_path / 'frames', moving_square(1)), gif=True)
    assert list((tmp_path / 'out').iterdir()) == []


def test_nothing_is_overwritten_unasked(predictor, tmp_path):
    folder = write_frames(tmp_path / 'frames', moving_square(1))
    run(predictor, tmp_path, folder)
    with pytest.raises(FileExistsError, match='is there already.*--overwrite'):
        run(predictor, tmp_path, folder)
    run(predictor, tmp_path, folder, overwrite=True)
    (tmp_path / 'out/frames/predictions.json').write_text('{}')
    with pytest.raises(FileExistsError, match='not made by'):
        run(predictor, tmp_path, folder, overwrite=True)


def test_shipped_model_is_the_one_there(tmp_path):
    with pytest.raises(FileNotFoundError, match='holds 0 checkpoints'):
        shipped_model(tmp_path)
    (tmp_path / 'projects/model_zoo').mkdir(parents=True)
    path = tmp_path / 'projects/model_zoo/people.pth'
    path.touch()
    assert shipped_model(tmp_path) == path
    (tmp_path / 'projects/model_zoo/other.pth').touch()
    with pytest.raises(FileNotFoundError, match=r"2 checkpoints \['other.pth', 'people.pth'\]"):
        shipped_model(tmp_path)
