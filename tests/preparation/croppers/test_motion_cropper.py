"""The motion crop: boxes of what differs from the empty scene."""
import cv2
import numpy as np
import pytest

from ikp_mm.preparation import CropError, FrameFolder
from ikp_mm.preparation.croppers import MotionCropper, motion
from ikp_mm.preparation.croppers.motion import stays
from tiny_videos import HEIGHT, SIDE, frame_with_square, moving_square, write_frames

EMPTY = np.full((HEIGHT, 96, 3), 60, np.uint8)


def source(tmp_path, frames, name='f'):
    return FrameFolder(write_frames(tmp_path / name, frames), name)


def walk(count=30):
    return [(2 + 2 * t, 20) for t in range(count)]


def brisk_walk():
    return [(2 + 7 * t, 20) for t in range(10)]


def expected(places):
    return np.array([(x, y, x + SIDE, y + SIDE) for x, y in places], float)


def noisy(frames, gains=None, sigma=3.0):
    rng = np.random.default_rng(0)
    gains = np.ones(len(frames)) if gains is None else gains
    return [np.clip(gain * frame + rng.normal(0, sigma, frame.shape), 0, 255).astype(np.uint8)
            for gain, frame in zip(gains, frames)]


def test_finds_what_moves_in_noise_and_flicker(tmp_path):
    gains = 1 + 0.25 * np.sin(np.arange(30))  # of a 60: 15 grey levels up and down
    video = source(tmp_path, noisy([frame_with_square(*place) for place in walk()], gains))
    cropper = MotionCropper()
    # A pixel of blur on each side.
    assert np.abs(cropper.boxes(video) - expected(walk())).max() <= 2
    assert np.abs(cropper.background.astype(int) - 60).mean() < 4
    # Without following the light, the whole frame differs now and then.
    boxes = MotionCropper(same_light=True, threshold=8.0).boxes(video)
    assert ((boxes[:, 2] - boxes[:, 0]) > 60).any()


def test_nothing_is_found_where_nothing_moves(tmp_path):
    frames = [frame_with_square(*place) for place in walk(20)]
    video = source(tmp_path, noisy(frames + [EMPTY] * 6))
    boxes = MotionCropper().boxes(video)
    assert np.isnan(boxes[:, 0]).tolist() == [False] * 20 + [True] * 6


def test_a_figure_that_stands_still_wants_another_background(tmp_path):
    still = source(tmp_path, [frame_with_square(30, 20)] * 12, 'still')
    assert np.isnan(MotionCropper().boxes(still)).all()
    # An image of the empty scene.
    cv2.imwrite(str(tmp_path / 'empty.png'), EMPTY)
    boxes = MotionCropper(background=str(tmp_path / 'empty.png')).boxes(still)
    assert np.abs(boxes - [30, 20, 54, 44]).max() <= 2
    # Other videos of the same camera.
    others = [source(tmp_path, [frame_with_square(x, 20)] * 12, f'other{x}') for x in (2, 64)]
    cropper = MotionCropper(background='shared')
    with pytest.raises(ValueError, match='look_at_all'):
        cropper.boxes(still)
    seen = cropper.look_at_all([still, *others])
    assert np.abs(cropper.boxes(still) - [30, 20, 54, 44]).max() <= 2
    elsewhere = MotionCropper(background='shared')  # as in another process
    elsewhere.use(seen)
    np.testing.assert_array_equal(elsewhere.boxes(still), cropper.boxes(still))


def test_a_quantile_sees_past_what_is_brighter_than_the_scene(tmp_path):
    frames = [frame_with_square(30, 20)] * 8 + [frame_with_square(2, 20)] * 4
    video = source(tmp_path, frames)
    # The median of twelve shows the figure that stood there for eight: afterwards, it is missing.
    boxes = MotionCropper(quantile=0.2).boxes(video)
    assert np.abs(boxes - expected([(30, 20)] * 8 + [(2, 20)] * 4)).max() <= 2


def test_largest_or_all_pieces_and_the_opening(tmp_path):
    frames = []
    for place in brisk_walk():
        frame = frame_with_square(*place)
        x, y = place
        frame[y + 10:y + 13, x + SIDE:x + SIDE + 8] = 230  # a tail of three rows
        frame[2:10, 9 * len(frames):9 * len(frames) + 8] = 200  # something apart
        frames.append(frame)
    video = source(tmp_path, frames)
    largest = MotionCropper(opening=0.08).boxes(video)  # 8 px
    # Of the tail, a stub within the blur of the body's edge remains.
    assert np.abs(largest - expected(brisk_walk())).max() <= 3
    whole = MotionCropper(opening=0.0).boxes(video)
    ends = np.minimum(expected(brisk_walk())[:, 2] + 8, 96)
    assert np.abs(whole[:, 2] - ends).max() <= 2
    everything = MotionCropper(opening=0.0, parts='all').boxes(video)
    assert (everything[:, 1] <= 3).all()
    assert np.isnan(MotionCropper(min_area=0.5).boxes(video)).all()


def test_a_figure_in_pieces_is_one_and_what_lies_apart_is_none(tmp_path):
    frames = []
    for t, (x, y) in enumerate(brisk_walk()):
        frame = EMPTY.copy()
        frame[y:y + 20, x:x + 8] = 230  # legs, and a head beyond a trunk that looks like the wall
        frame[y - 10:y - 5, x:x + 8] = 230
        frame[50:58, 86 - x // 2:92 - x // 2] = 200  # somebody else
        frames.append(frame)
    video = source(tmp_path, frames)
    places = np.array(brisk_walk())
    near, largest, everything = (
        MotionCropper(opening=0.0, parts=parts).boxes(video)
        for parts in ('near', 'largest', 'all'))
    assert np.abs(near[:6, 1] - (places[:6, 1] - 10)).max() <= 2  # the head
    assert (near[:6, 2] < 70).all()  # not the other
    assert np.abs(largest[:, 1] - places[:, 1]).max() <= 2
    assert (everything[:, 3] >= 56).all()


def test_frames_are_shrunk_before_they_are_compared(tmp_path):
    large = [cv2.resize(frame_with_square(*place), None, fx=4, fy=4,
                        interpolation=cv2.INTER_NEAREST) for place in brisk_walk()]
    boxes = MotionCropper(working_side=96).boxes(source(tmp_path, large))
    assert np.abs(boxes - 4 * expected(brisk_walk())).max() <= 8


def test_refusals(tmp_path):
    sizes = source(tmp_path, [EMPTY, EMPTY[:40]], 'sizes')
    with pytest.raises(CropError, match='frame 1 is 96 x 40, the first is 96 x 64'):
        MotionCropper().boxes(sizes)
    cv2.imwrite(str(tmp_path / 'empty.png'), EMPTY[:, :50])
    with pytest.raises(CropError, match='is 96 x 64, the background .*empty.png is 50 x 64'):
        MotionCropper(background=str(tmp_path / 'empty.png')).boxes(
            source(tmp_path, moving_square(3), 'f'))
    small = source(tmp_path, [EMPTY[:40]] * 2, 'small')
    with pytest.raises(CropError, match='different sizes: no background in common'):
        MotionCropper(background='shared').look_at_all([source(tmp_path, [EMPTY] * 2, 'g'), small])
    with pytest.raises(OSError, match='nowhere.png'):
        MotionCropper(background=str(tmp_path / 'nowhere.png'))
    with pytest.raises(ValueError, match='parts must be one of'):
        MotionCropper(parts='some')
    with pytest.raises(ValueError, match='quantile'):
        MotionCropper(quantile=2)


def test_large_frames_are_sampled_less(tmp_path, monkeypatch):
    taken = []
    monkeypatch.setattr(motion, 'MAX_BYTES', 10 * 64 * 96 * 3)  # ten frames
    monkeypatch.setattr(motion, 'median_background',
                        lambda frames, quantile: taken.append(len(frames)) or frames[0])
    MotionCropper().boxes(source(tmp_path, moving_square(40)))
    assert taken == [10]


@pytest.mark.parametrize('same_light, expected', [(True, 120), (False, 100)])
def test_the_light_of_the_first_frame_is_followed(tmp_path, same_light, expected):
    scene = np.full((64, 64, 3), 100, np.uint8)
    video = source(tmp_path, [scene, (scene * 1.2).astype(np.uint8), (scene * 1.4).astype(np.uint8)])
    cropper = MotionCropper(same_light=same_light)
    cropper.boxes(video)
    assert abs(int(cropper.background[0, 0, 0]) - expected) <= 1


def test_a_figure_that_mostly_stays_in_one_place_leaves_no_background():
    places = [(30 + t % 5, 20) for t in range(14)] + [(60, 20)] * 13
    assert stays(expected(places), 96, HEIGHT)
    assert not stays(expected(walk()), 96, HEIGHT)
    # Frames without a figure count as frames in which the place is free.
    empty = np.full((20, 4), np.nan)
    assert not stays(np.concatenate([expected(places), empty]), 96, HEIGHT)


def test_the_crop_says_why_there_is_no_background(tmp_path):
    sways = [frame_with_square(4 + 6 * (t % 11), 20) for t in range(33)]
    cropper = MotionCropper(threshold=15.0)
    cropper.boxes(source(tmp_path, sways))
    assert cropper.background is not None and cropper.why_no_background is None
    stands = [frame_with_square(30 + 2 * (t % 12), 20) for t in range(36)]
    cropper.boxes(source(tmp_path, stands, 'g'))
    assert cropper.background is None and 'in one place' in cropper.why_no_background
