import numpy as np
import pytest

from ikp_mm.preparation import find_sources
from ikp_mm.inference.tracking import square_of_frame, track_figure
from tiny_videos import HEIGHT, SIDE, WIDTH, moving_square, write_video


@pytest.fixture(scope='module')
def video(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp('video') / 'walk.avi', moving_square(12))


def source(video, step=1):
    return find_sources([video], step)[0]


def boxes(folder, rows, name='walk'):
    path = folder / 'boxes.csv'
    path.write_text('source,frame,x0,y0,x1,y1\n' + ''.join(
        f'{name},{t},' + ','.join(map(str, box)) + '\n' for t, box in rows))
    return path


def test_whole_frame_is_a_square_about_its_centre(video):
    tracked = track_figure(source(video), 'whole')
    assert tracked.tolist() == [[WIDTH / 2, HEIGHT / 2, max(WIDTH, HEIGHT)]] * 12


def test_central_square_with_margin_and_step(video):
    tracked = track_figure(source(video, step=5), 'centre', margin=1.5)
    assert tracked.tolist() == [[WIDTH / 2, HEIGHT / 2, 1.5 * HEIGHT]] * 3


def test_box_file_without_smoothing_is_taken_as_it_is(video, tmp_path):
    path = boxes(tmp_path, [(t, (10 + t, 20, 30 + t, 30)) for t in range(12) if t != 4])
    tracked = track_figure(source(video), 'boxes', box_file=path, smooth=0, margin=2)
    # Centre (20 + t, 25), longer side 20, twice; frame 4 is bridged between 3 and 5.
    assert np.allclose(tracked, [[20 + t, 25, 40] for t in range(12)])


def test_frames_beyond_the_gap_stay_empty(video, tmp_path):
    path = boxes(tmp_path, [(0, (10, 10, 30, 30)), (9, (12, 10, 32, 30))])
    tracked = track_figure(source(video), 'boxes', box_file=path, smooth=0)
    assert np.flatnonzero(~np.isnan(tracked[:, 0])).tolist() == [0, 9]


def test_zero_size_box_is_told_from_no_box(video, tmp_path):
    path = boxes(tmp_path, [(0, (10, 10, 30, 30)), (1, (10, 10, 10, 30)), (2, (10, 10, 30, 30))])
    tracked = track_figure(source(video), 'boxes', box_file=path, smooth=0)
    assert tracked[:3, 2] == pytest.approx([20, 0, 20]) and np.isnan(tracked[3:]).all()


def test_smoothing_takes_a_jitter_away(video, tmp_path):
    rows = [(t, (10 + t % 2, 10, 30 + t % 2, 30)) for t in range(12)]
    tracked = track_figure(source(video), 'boxes', box_file=boxes(tmp_path, rows), smooth=3)
    assert np.abs(tracked[:, 0] - 20.5).max() < 0.51 and np.diff(tracked[3:9, 0]).max() < 0.1


def test_motion_follows_the_square(tmp_path):
    frames = moving_square(40)
    tracked = track_figure(source(write_video(tmp_path / 'walk.avi', frames)), 'motion',
                           margin=1.0, smooth=1.0)
    steps = np.minimum(np.arange(40), 40 - np.arange(40))
    truth = 10 + SIDE / 2 + np.stack([2 * steps, steps], axis=1)
    seen = ~np.isnan(tracked[:, 0])
    assert seen.sum() > 20
    assert np.median(np.abs(tracked[seen, :2] - truth[seen])) < 4


def test_box_file_and_crop_go_together(video, tmp_path):
    with pytest.raises(ValueError, match='the boxes crop needs its file'):
        track_figure(source(video), 'boxes')
    with pytest.raises(ValueError, match='margin > 0'):
        track_figure(source(video), 'whole', margin=0)


def test_box_file_of_another_source(video, tmp_path):
    path = boxes(tmp_path, [(0, (1, 1, 2, 2))], name='run')
    with pytest.raises(ValueError, match="run"):
        track_figure(source(video), 'boxes', box_file=path)


def test_square_of_one_frame():
    find = square_of_frame('centre', margin=1.5)
    assert find(np.zeros((40, 60, 3), np.uint8)).tolist() == [30, 20, 60]
    find = square_of_frame('face')
    assert np.isnan(find(np.zeros((40, 60, 3), np.uint8))).all()
    with pytest.raises(ValueError, match="crop 'motion' looks at a whole video"):
        square_of_frame('motion')
