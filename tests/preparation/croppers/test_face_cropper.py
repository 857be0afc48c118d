"""The face crop: which face is followed, and how its box follows from the cascade's."""
import numpy as np
import pytest

from ikp_mm.preparation.croppers import FaceCropper, face

FRAME = np.zeros((120, 160, 3), np.uint8)


@pytest.fixture
def detections(monkeypatch):
    """The queue of what the cascade says, and what it was asked."""
    queue, asked = [], []

    def cascade_detector(min_neighbours):
        def detect(grey, least):
            asked.append((grey.shape, least, min_neighbours))
            found = np.array(queue.pop(0), np.float64).reshape(-1, 5)
            return found[:, :4], found[:, 4]
        return detect

    monkeypatch.setattr(face, 'cascade_detector', cascade_detector)
    return queue, asked


def test_box_of_the_landmarks(detections):
    queue, asked = detections
    queue.append([(50, 20, 40, 40, 9)])
    box, = FaceCropper(min_face=0.25, min_neighbours=7).boxes([FRAME])
    # Centre (70, 40) moved down by 0.15 * 40, side 0.92 * 40.
    np.testing.assert_allclose(box, [70 - 18.4, 46 - 18.4, 70 + 18.4, 46 + 18.4])
    assert asked == [((120, 160), 30, 7)]


def test_frames_are_shrunk_before_looking(detections):
    queue, asked = detections
    queue.append([(25, 10, 20, 20, 9)])
    box, = FaceCropper(working_side=80).boxes([FRAME])
    np.testing.assert_allclose(box, [70 - 18.4, 46 - 18.4, 70 + 18.4, 46 + 18.4])
    assert asked[0][0] == (60, 80)


def test_the_surest_face_first_then_the_same(detections):
    queue, _ = detections
    left, right = (10, 40, 40, 40), (100, 40, 40, 40)
    queue += [[(*left, 5), (*right, 20)], [(*left, 30), (*right, 6)], [], [(*left, 30)]]
    boxes = FaceCropper().boxes([FRAME] * 4)
    assert boxes[0, 0] == boxes[1, 0] > 90
    assert np.isnan(boxes[2]).all()
    assert boxes[3, 0] < 50


def test_the_real_cascade_finds_nothing_in_noise():
    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    assert np.isnan(FaceCropper().boxes([noise, noise])).all()


def test_refuses_bad_options():
    with pytest.raises(ValueError, match='min_face'):
        FaceCropper(min_face=0)
