import tracemalloc

import cv2
import numpy as np
import pytest
from mmengine.logging import MMLogger

from ikp_mm.clips import background as module
from ikp_mm.clips.background import (BackgroundModel, GivenMasks, foreground_weight, match_light,
                                     median_background, median_of_files, read_mask)
from ikp_mm.io.pictures import UnreadableFrameError


def flat(value, size=8):
    return np.full((size, size, 3), value, np.uint8)


class Clips:
    """Clip source held in memory: name -> (frames, background)."""

    def __init__(self, clips):
        self.clips = list(clips.items())

    def __len__(self):
        return len(self.clips)

    def name(self, i):
        return self.clips[i][0]

    def num_frames(self, i):
        return len(self.clips[i][1][0])

    def frame(self, i, t):
        return self.clips[i][1][0][t]

    def background(self, i):
        return self.clips[i][1][1]


def model(clips, source, **options):
    return BackgroundModel(clips, clips.frame, source, **options)


def test_median():
    assert median_background([flat(10), flat(90), flat(20)])[0, 0].tolist() == [20] * 3
    assert median_background([flat(10), flat(21)])[0, 0, 0] == 16  # 15.5 to the even integer
    # Position 0.75 * 2 = 1.5 between the second and third smallest: (20 + 90) / 2.
    assert median_background([flat(10), flat(90), flat(20)], 0.75)[0, 0, 0] == 55
    with pytest.raises(ValueError, match='at least one'):
        median_background([])


def test_the_quantile_in_bands_is_that_of_the_whole(monkeypatch):
    frames = list(np.random.default_rng(0).integers(0, 256, (7, 13, 5, 3), dtype=np.uint8))
    monkeypatch.setattr(module, 'FLOAT_BYTES', 8 * 7 * 15 * 2)  # two rows at a time
    assert np.array_equal(median_background(frames), np.median(frames, axis=0))


def test_the_median_of_files_holds_a_fraction_of_them(tmp_path, monkeypatch):
    """40 images of 120 kB; 480 kB may be held. The first is broken and left out, and named."""
    frames = np.random.default_rng(0).integers(0, 256, (40, 200, 200, 3), dtype=np.uint8)
    paths = [tmp_path / f'{t}.bmp' for t in range(41)]
    for path, frame in zip(paths[1:], frames):
        cv2.imwrite(str(path), frame)
    paths[0].write_bytes(b'')
    said = []
    monkeypatch.setattr(MMLogger.get_current_instance(), 'warning', said.append)
    monkeypatch.setattr(module, 'FLOAT_BYTES', 480_000)
    monkeypatch.setattr(module, 'HELD_BYTES', 480_000)
    tracemalloc.start()
    median = median_of_files(paths)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.array_equal(median, median_background(list(frames)))
    assert peak < 3_000_000 < frames.nbytes
    assert len(said) == 1 and 'left out of a background' in said[0] and '0.bmp' in said[0]


def test_files_that_have_no_median(tmp_path):
    cv2.imwrite(str(tmp_path / 'a.png'), flat(1, 4))
    cv2.imwrite(str(tmp_path / 'b.png'), flat(1, 6))
    with pytest.raises(ValueError, match=r'different sizes, \[\(4, 4\), \(6, 6\)\]'):
        median_of_files([tmp_path / 'a.png', tmp_path / 'b.png'])
    with pytest.raises(ValueError, match='none can be read'):
        median_of_files([tmp_path / 'c.png'])


def test_weight_ramp():
    background, frame = flat(100), flat(100)
    # |difference| per column, in one channel only: the maximum over channels counts.
    frame[:, :5, 1] = 100 + np.array([0, 12, 24, 30, 36])
    weight = foreground_weight(frame, background, threshold=24, softness=12, blur=0)
    # s = (d - 12) / 24 = -0.5, 0, 0.5, 0.75, 1 -> 3s^2 - 2s^3 = 0, 0, 0.5, 0.84375, 1
    np.testing.assert_allclose(weight[0, :5], [0, 0, 0.5, 0.84375, 1], atol=1e-6)
    assert weight.dtype == np.float32 and weight.shape == (8, 8)
    darker = foreground_weight(flat(76), background, 24, 12, 0)
    np.testing.assert_allclose(darker, 0.5)  # no wrap-around of uint8 below zero


def test_hard_threshold():
    frame = flat(0)
    frame[0, :3] = [[23] * 3, [24] * 3, [25] * 3]
    assert foreground_weight(frame, flat(0), 24, 0, 0)[0, :4].tolist() == [0, 1, 1, 0]


def test_blur_spreads_and_keeps_the_sum():
    frame = flat(0, 21)
    frame[10, 10] = 255
    # At the Gaussian's middle: 255 / (2 pi 2^2) = 10.1 grey levels.
    soft = foreground_weight(frame, flat(0, 21), threshold=10, softness=9.9, blur=2)
    assert 0.4 < soft[10, 10] < 0.6 and soft[10, 12] > 0 and soft[0, 0] == 0


def test_light_is_matched_by_one_gain_per_channel():
    rng = np.random.default_rng(0)
    background = rng.integers(60, 120, (16, 16, 3), np.uint8)
    gains = np.array([0.5, 1.0, 1.5])
    frame = np.rint(background * gains).astype(np.uint8)
    frame[:8, :7] = 0  # a figure over less than half of the frame
    matched = match_light(frame, background).astype(int)
    assert np.abs(matched[8:] - background[8:]).max() <= 2
    assert matched[0, 0].tolist() == [0, 0, 0]


def test_clip_median_swallows_what_stands_still():
    still = flat(50)
    still[2:4, 2:4] = 200
    clips = Clips({'a': ([still] * 2, None), 'b': ([still] + [flat(50)] * 2, None)})
    clip_median = model(clips, 'clip_median', blur=0)
    assert clip_median.background(0)[2, 2, 0] == 200 and clip_median.weight(0, still).max() == 0
    weight = clip_median.weight(1, still)
    assert weight[2:4, 2:4].min() == 1 and weight.sum() == 4


def test_given_background():
    clips = Clips({'a': ([flat(1)], flat(33)), 'b': ([flat(1)], None)})
    given = model(clips, 'given')
    assert given.background(0)[0, 0, 0] == 33
    with pytest.raises(ValueError, match="clip 'b' comes with no background image"):
        given.background(1)


class MaskedClips(Clips):
    """The mask of every frame is what it was made with."""

    def __init__(self, mask):
        super().__init__({'cam1/a': ([flat(0)] * 3, None)})
        self.given = mask

    def mask(self, i, t):
        return self.given


def test_given_masks():
    weight = GivenMasks(MaskedClips(np.eye(8)), 8).weight(0, 1)
    assert weight.dtype == np.float32 and np.array_equal(weight, np.eye(8))


@pytest.mark.parametrize('mask, message', [
    (np.ones((8, 6)), r"clip 'cam1/a' frame 2 has shape \(8, 6\), the frame needs \(8, 8\)"),
    (np.ones((16, 16)), r"clip 'cam1/a' frame 2 has shape \(16, 16\)"),
    (np.full((8, 8), 255), r"clip 'cam1/a' frame 2 holds values from 255 to 255"),
    (np.full((8, 8), -0.1), 'from -0.1'), (np.full((8, 8), np.nan), 'nan'),
])
def test_masks_of_another_size_or_range_are_refused(mask, message):
    with pytest.raises(ValueError, match=message):
        GivenMasks(MaskedClips(mask), 8).weight(0, 2)


def test_a_source_without_masks_is_refused():
    with pytest.raises(ValueError, match="'mask' needs clips that come with masks.*Clips"):
        GivenMasks(Clips({}), 8)


def test_median_leaves_out_unreadable_frames_and_looks_at_so_many(monkeypatch):
    monkeypatch.setattr('ikp_mm.clips.background.MEDIAN_FRAMES', 3)
    clips = Clips({'a': ([flat(v) for v in (10, 20, 30, 40, 50)], None)})
    asked = []

    def read(clip, t):
        asked.append(t)
        return None if t == 0 else clips.frame(clip, t)

    assert BackgroundModel(clips, read, 'clip_median').background(0)[0, 0, 0] == 40
    assert asked == [0, 2, 4]
    with pytest.raises(ValueError, match="background of 'a': none"):
        BackgroundModel(clips, lambda clip, t: None, 'clip_median').background(0)


def test_backgrounds_beyond_the_budget_are_computed_again_to_the_same_values():
    clips = Clips({name: ([flat(value)], None) for name, value in (('a', 1), ('b', 2), ('c', 3))})
    reads = []

    def read(clip, t):
        reads.append(clip)
        return clips.frame(clip, t)

    asked = [0, 1, 0, 2, 1, 0]
    two = 2 * flat(0).nbytes
    for cache, expected in ((True, [0, 1, 2]), (two, [0, 1, 2, 1, 0]), (False, asked)):
        reads.clear()
        backgrounds = BackgroundModel(clips, read, 'clip_median', cache=cache)
        assert [int(backgrounds.background(clip)[0, 0, 0]) for clip in asked] == [
            1, 2, 1, 3, 2, 1]
        assert reads == expected  # with two: 2 drives out 1, 1 drives out 0, 0 drives out 2
    with pytest.raises(ValueError, match="background cache must be .* got 'much'"):
        BackgroundModel(clips, read, 'clip_median', cache='much')


@pytest.mark.parametrize('options, message', [
    (dict(source='magic'), "'magic'"),
    (dict(source='clip_median', threshold=0), 'threshold'),
    (dict(source='clip_median', softness=-1), 'softness'),
])
def test_refusals(options, message):
    with pytest.raises(ValueError, match=message):
        model(Clips({'a': ([flat(0)], None)}), **options)


def figure_clip(columns, size=32, ground=60, move_limb=False):
    """Frames with a dark post at the given columns, as tall as the prior's, over a light ground."""
    frames = []
    for number, column in enumerate(columns):
        frame = flat(ground, size)
        frame[6:26, column:column + 6] = 200
        if move_limb and number % 3 == 0:
            frame[8:10, column + 6:column + 13] = 200
        frames.append(frame)
    return frames


@pytest.fixture
def post_prior():
    """Upright lines, 20 of 32 pixels long, most in the middle of the frame."""
    return posts(np.linspace(12, 20, 50) / 32)


def posts(columns):
    poses = np.array([[[column, 6 / 32], [column, 26 / 32]] for column in columns])
    return dict(type='PosePriorDataset', poses=poses, frame='image',
                skeleton=dict(name='post', joints=['top', 'foot'], edges=[('top', 'foot')]))


def auto(clips, prior):
    return model(clips, 'auto', threshold=30.0, softness=5.0, blur=0.0, image_size=32, prior=prior)


def test_auto_takes_the_given_background_first(post_prior):
    chosen = auto(Clips(dict(a=(figure_clip([13] * 6), flat(60, 32)))), post_prior)
    assert (chosen.background(0) == 60).all() and chosen.kinds == {0: 'given'}


def test_auto_takes_the_median_of_a_figure_that_moves_about():
    # Two of six frames in each of three places, and so do the poses of the prior.
    chosen = auto(Clips(dict(a=(figure_clip([2, 2, 13, 13, 24, 24]), None))),
                  posts([5 / 32, 16 / 32, 27 / 32]))
    assert (chosen.background(0) == 60).all() and chosen.kinds == {0: 'median'}


def test_auto_keeps_the_median_where_the_scene_is_too_rich_to_be_guessed(post_prior):
    scene = np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8)
    frames = []
    for frame in figure_clip([13] * 8, move_limb=True):
        post = (frame == 200).all(axis=2, keepdims=True)
        frames.append(np.where(post, frame, scene))
    chosen = auto(Clips(dict(a=(frames, None))), post_prior)
    assert (chosen.background(0)[:, :12] == scene[:, :12]).all() and chosen.kinds == {0: 'median'}
    # Figures are painted before what was guessed all the same: better a blot than a second post.
    assert (chosen.scene(0)[10:20, 16] != 200).any(axis=-1).all()


def test_auto_paints_over_a_figure_that_stands_still(post_prior):
    chosen = auto(Clips(dict(a=(figure_clip([13] * 8, move_limb=True), None))), post_prior)
    assert chosen.kinds == {} and np.abs(chosen.background(0).astype(int) - 60).max() <= 3
    assert chosen.kinds == {0: 'inpainted'}
    weight = chosen.weight(0, figure_clip([13])[0])
    assert weight[6:26, 13:19].min() == 1 and weight[:, :10].max() == 0


def test_auto_gives_up_where_the_camera_moves(post_prior):
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 256, (32, 32, 3)).astype(np.uint8) for _ in range(8)]
    chosen = auto(Clips(dict(a=(frames, None))), post_prior)
    assert chosen.background(0) is None and chosen.scene(0) is None and chosen.kinds == {0: 'none'}
    assert (chosen.weight(0, frames[0]) == 1).all()


def test_auto_needs_the_prior():
    with pytest.raises(ValueError, match="source='auto' needs the prior"):
        model(Clips(dict(a=([flat(0)], None))), 'auto')


# ------------------------------------------------------------------ masks

def test_grey_levels_become_fractions(tmp_path):
    cv2.imwrite(str(tmp_path / 'm.png'), np.array([[0, 51, 255]], np.uint8))
    mask = read_mask(tmp_path / 'm.png', (1, 3, 3))
    assert mask.dtype == np.float32
    np.testing.assert_allclose(mask, [[0, 0.2, 1]])


def test_a_mask_of_another_size_or_none(tmp_path):
    cv2.imwrite(str(tmp_path / 'm.png'), np.zeros((4, 6), np.uint8))
    with pytest.raises(ValueError, match='m.png is 6 x 4, but its frame is 8 x 4'):
        read_mask(tmp_path / 'm.png', (4, 8, 3))
    with pytest.raises(UnreadableFrameError, match='n.png'):
        read_mask(tmp_path / 'n.png', (4, 8, 3))
