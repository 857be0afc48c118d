import numpy as np
import pytest

from ikp_mm.preparation import UnreadableVideoError, find_sources
from ikp_mm.inference import Keypoints, predict_source
from ikp_mm.skeletons import MOUSE4
from tiny_videos import moving_square, truncate, write_frames, write_video


class CentrePredictor:
    """Every joint in the square's centre, moved right by its number; remembers batch sizes."""

    skeleton = MOUSE4

    def __init__(self):
        self.batches = []

    def predict(self, images, squares):
        self.batches.append(len(images))
        keypoints = squares[:, None, :2] + np.stack([np.arange(4), np.zeros(4)], axis=1)
        return Keypoints(keypoints, np.full((len(images), 4), 0.5, np.float32))


SQUARE = np.array([20.0, 30.0, 10.0])


def folder(tmp_path, count=7, step=1):
    return find_sources([write_frames(tmp_path / 'frames', moving_square(count))], step)[0]


def test_frames_come_in_order_in_batches(tmp_path):
    predictor, seen = CentrePredictor(), []
    squares = np.tile(SQUARE, (7, 1)) + np.arange(7)[:, None] * [1, 0, 0]
    result = predict_source(predictor, folder(tmp_path), squares, 3, seen.append)
    assert predictor.batches == [3, 3, 1]
    assert [frame.number for frame in seen] == list(range(7)) == result.frames.tolist()
    assert result.keypoints[:, 1, 0].tolist() == [21 + t for t in range(7)]
    assert result.keypoints[:, 1, 1].tolist() == [30] * 7
    assert np.all(result.scores == 0.5) and result.num_predicted == 7 and not result.skipped
    assert result.sizes.tolist() == [[96, 64]] * 7
    for frame, image in zip(seen, moving_square(7)):
        assert np.array_equal(frame.image, image)


def test_skipped_frames_are_counted_by_reason_and_empty(tmp_path):
    squares = np.tile(SQUARE, (7, 1))
    squares[1] = squares[5] = np.nan
    squares[2, 2] = 0
    squares[4] = (-50, 10, 20)  # reaches to x = -40
    seen = []
    result = predict_source(CentrePredictor(), folder(tmp_path), squares, 2, seen.append)
    assert result.skipped == {'no figure found': 2, 'box without area': 1,
                              'box outside the frame': 1}
    assert np.isnan(result.keypoints[:, 0, 0]).tolist() == [False, True, True, False, True, True,
                                                            False]
    assert result.scores[:, 0].tolist() == [0.5, 0, 0, 0.5, 0, 0, 0.5]
    assert [frame.skipped is None for frame in seen] == (result.scores[:, 0] > 0).tolist()
    assert result.num_predicted == 3
    assert result.summary() == ('frames: 3 of 7 frames predicted; skipped: 2 no figure found, '
                                '1 box without area, 1 box outside the frame')


def test_square_may_be_a_function_of_the_frame(tmp_path):
    result = predict_source(CentrePredictor(), folder(tmp_path, 3),
                            lambda frame: np.array([frame.shape[1] / 2, 5, 8]))
    assert result.squares.tolist() == [[48, 5, 8]] * 3


def test_numbers_are_the_sources_own(tmp_path):
    source = folder(tmp_path, 7, step=2)
    (tmp_path / 'frames' / '2.png').write_bytes(b'no image')
    result = predict_source(CentrePredictor(), source, lambda frame: SQUARE)
    assert result.frames.tolist() == [0, 4, 6]
    assert '1 images left out' in result.problem and '2.png' in result.summary()


def test_video_that_ends_early_is_reported(tmp_path):
    path = truncate(write_video(tmp_path / 'cut.avi', moving_square(60)), 0.5)
    source = find_sources([path])[0]
    result = predict_source(CentrePredictor(), source, lambda frame: SQUARE)
    assert 0 < len(result.frames) < 60
    assert f'declares 60 frames, {len(result.frames)} can be decoded' in result.problem
    assert 'PROBLEM' in result.summary()


def test_unreadable_video_is_an_error(tmp_path):
    (tmp_path / 'text.mp4').write_text('no video')
    with pytest.raises(UnreadableVideoError, match='text.mp4 cannot be opened'):
        predict_source(CentrePredictor(), find_sources([tmp_path / 'text.mp4'])[0],
                       lambda frame: SQUARE)


@pytest.mark.parametrize('count, message', [(5, 'more frames than the 5 squares'),
                                            (9, 'has 7 frames, but there are 9 squares')])
def test_squares_must_be_one_a_frame(tmp_path, count, message):
    with pytest.raises(ValueError, match=message):
        predict_source(CentrePredictor(), folder(tmp_path), np.tile(SQUARE, (count, 1)))
