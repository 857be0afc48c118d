import cv2
import numpy as np
import pytest

from ikp_mm.preparation import UnreadableVideoError
from ikp_mm.inference import sources as module
from ikp_mm.inference.sources import SyntheticPeople, Webcam, open_sources
from tiny_videos import moving_square, write_frames, write_video


class FakeCapture:
    """A camera of ``count`` frames whose grey level is their number."""

    count, opened = 5, True

    def __init__(self, number):
        self.number, self.t, self.released = number, 0, False

    def isOpened(self):  # noqa: N802  (OpenCV's name)
        return self.opened

    def read(self):
        self.t += 1
        if self.t > self.count:
            return False, None
        return True, np.full((4, 6, 3), self.t - 1, np.uint8)

    def release(self):
        self.released = True


@pytest.fixture
def camera(monkeypatch):
    monkeypatch.setattr(module.cv2, 'VideoCapture', FakeCapture)


def levels(source):
    return [int(frame[0, 0, 0]) for frame in source]


def test_webcam_ends_after_max_frames_or_when_told(camera):
    webcam = open_sources(['webcam:1'], max_frames=3)[0]
    assert isinstance(webcam, Webcam) and webcam.number == 1
    assert levels(webcam) == [0, 1, 2] and webcam.problem is None and webcam.rate > 0
    webcam = Webcam(0, step=2, max_frames=2)
    assert levels(webcam) == [0, 2] and webcam.numbers == [0, 2]
    webcam = Webcam(0)
    seen = []
    for frame in webcam:
        seen.append(int(frame[0, 0, 0]))
        if len(seen) == 2:
            webcam.stop()
    assert seen == [0, 1] and webcam.problem is None


def test_webcam_that_stops_by_itself_says_so(camera):
    webcam = Webcam(0, max_frames=10)
    assert levels(webcam) == [0, 1, 2, 3, 4]
    assert webcam.problem == 'webcam 0 stopped giving frames after 5'


def test_the_wait_for_the_first_frame_is_no_part_of_a_webcams_rate(camera, monkeypatch):
    """A camera takes a second to start and then gives 20 frames a second."""
    clock = iter([7.0, 7.05, 7.1, 7.15, 7.2])
    monkeypatch.setattr(module.time, 'monotonic', lambda: next(clock))
    webcam = Webcam(0, max_frames=5)
    assert webcam.rate is None
    list(webcam)
    assert webcam.times == [7.0, 7.05, 7.1, 7.15, 7.2] and webcam.rate == pytest.approx(20)


def test_webcam_that_is_not_there(camera, monkeypatch):
    monkeypatch.setattr(FakeCapture, 'opened', False)
    with pytest.raises(UnreadableVideoError, match='webcam 0 cannot be opened'):
        list(Webcam(0))
    monkeypatch.setattr(FakeCapture, 'opened', True)
    monkeypatch.setattr(FakeCapture, 'count', 0)
    with pytest.raises(UnreadableVideoError, match='webcam 0 gives no frame'):
        list(Webcam(0))


def test_kinds_of_input(tmp_path):
    frames = moving_square(3)
    write_frames(tmp_path / 'folder', frames)
    cv2.imwrite(str(tmp_path / 'one.png'), frames[1])
    write_video(tmp_path / 'film.avi', frames)
    found = open_sources([tmp_path / 'folder', tmp_path / 'one.png', tmp_path / 'film.avi',
                          'synthetic:people'])
    assert [source.name for source in found] == ['folder', 'one', 'film', 'synthetic_people']
    assert np.array_equal(list(found[1])[0], frames[1]) and found[1].numbers == [0]
    assert len(list(found[0])) == 3


def test_synthetic_people_are_drawn_clip_by_clip():
    people = SyntheticPeople(num_clips=2, frames_per_clip=2, image_size=32, step=3)
    frames = list(people)
    assert people.numbers == [0, 3] and people.expected_frames() == 2
    assert np.array_equal(frames[1], people.clips.frame(1, 1))


def test_bad_inputs(tmp_path):
    with pytest.raises(ValueError, match='a webcam is webcam:0'):
        open_sources(['webcam:front'])
    with pytest.raises(FileNotFoundError, match='does not exist'):
        open_sources([tmp_path / 'none'])
    for folder in ('a', 'b'):
        (tmp_path / folder).mkdir()
        cv2.imwrite(str(tmp_path / folder / 'x.png'), moving_square(1)[0])
    with pytest.raises(ValueError, match="both be called 'x'"):
        open_sources([tmp_path / 'a/x.png', tmp_path / 'b/x.png'])


def test_unreadable_image_is_an_error_that_names_it(tmp_path):
    (tmp_path / 'bad.png').write_bytes(b'no image')
    source = open_sources([tmp_path / 'bad.png'])[0]
    with pytest.raises(UnreadableVideoError, match='bad.png'):
        list(source)
