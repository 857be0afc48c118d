import numpy as np
import pytest
import torch
from mmengine.logging import MMLogger
from mmpose.registry import DATASETS

from ikp_mm.datasets.clips import UnreadableFrameError
from ikp_mm.datasets.frame_pairs import (FramePairDataset, draw_partner, masked,
                                         pair_candidates)
from ikp_mm.datasets.samplers import GlobalDrawSampler

SIZE = 16


class CountingClips:
    """Frame t of clip c is filled with (c, t, 200); a square at t moves over it when asked."""

    def __init__(self, lengths=(10, 30), unreadable=(), square=False):
        self.lengths, self.unreadable, self.square = lengths, set(unreadable), square

    def __len__(self):
        return len(self.lengths)

    def name(self, i):
        return f'clip{i}'

    def num_frames(self, i):
        return self.lengths[i]

    def background(self, i):
        return None

    def frame(self, i, t):
        if (i, t) in self.unreadable:
            raise UnreadableFrameError(f'clip{i}/{t}.png', 'truncated PNG')
        image = np.zeros((SIZE, SIZE, 3), np.uint8)
        if self.square:
            image[:] = 90
            image[4:10, t:t + 4] = (10, 20, 250)
        else:
            image[:] = (i, t, 200)
        return image


def dataset(clips=None, **options):
    return FramePairDataset(clips or CountingClips(), SIZE, **{**dict(seed=0), **options})


def where(view):
    """(clip, t) of a frame of CountingClips."""
    return int(view[0, 0, 0]), int(view[1, 0, 0])


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) if torch.is_tensor(a[k])
                                        else a[k] == b[k] for k in a)


def test_item_layout():
    item = dataset()[5]
    assert sorted(item) == ['appearance', 'draw', 'image', 'target', 'weight']
    for key in ('image', 'target', 'appearance'):
        assert item[key].shape == (3, SIZE, SIZE) and item[key].dtype == torch.uint8
        assert item[key][2].unique().tolist() == [200]  # channels are B, G, R
    assert item['weight'].dtype == torch.float32 and item['weight'].shape == (1, SIZE, SIZE)
    assert item['weight'].unique().tolist() == [1.0]
    assert item['draw'] == 5


def test_image_and_target_are_one_frame_and_appearance_another_of_the_same_clip():
    pairs = dataset(gap=(2, 4))
    gaps = set()
    for draw in range(300):
        item = pairs[draw]
        assert torch.equal(item['image'], item['target'])
        (clip, t), (other_clip, t_other) = where(item['image']), where(item['appearance'])
        assert clip == other_clip
        gaps.add(t_other - t)
    assert gaps == {-4, -3, -2, 2, 3, 4}


def test_frames_are_uniform_over_all_clips():
    pairs = dataset()
    assert len(pairs) == 40
    clips = [where(pairs[draw]['image'])[0] for draw in range(1000)]
    assert abs(np.mean(clips) - 30 / 40) < 0.05
    assert {where(pairs[draw]['image']) for draw in range(1000)} == {
        (c, t) for c, n in enumerate((10, 30)) for t in range(n)}


def candidates(t, num_frames, gap):
    before, after = pair_candidates(t, num_frames, gap)
    return [*before, *after]


def test_pair_candidates():
    assert candidates(5, 10, (2, 3)) == [2, 3, 7, 8]
    assert candidates(0, 10, (2, 3)) == [2, 3]
    assert candidates(3, 5, (0, 1)) == [2, 3, 4]
    assert candidates(1, 4, (10, 20)) == [3]  # too short: the farthest
    assert candidates(2, 5, (10, 20)) == [0, 4]  # both ends are equally far
    assert candidates(0, 1, (1, 5)) == [0]


def written_out(t, num_frames, gap):
    """The candidates by their definition, every frame looked at."""
    others = np.arange(num_frames)
    distance = np.abs(others - t)
    inside = others[(distance >= gap[0]) & (distance <= gap[1])]
    return inside if len(inside) else others[distance == distance.max()]


def test_partners_are_those_of_a_choice_among_all_candidates():
    """Runs begun when the candidates were an array go on unchanged: the same partner, and the
    same random numbers for what is drawn after it."""
    settings = np.random.default_rng(0)
    for case in range(3000):
        num_frames = int(settings.integers(1, 40))
        t = int(settings.integers(num_frames))
        low = int(settings.integers(0, 30))
        gap = (low, low + int(settings.integers(0, 30)))
        expected = written_out(t, num_frames, gap)
        assert candidates(t, num_frames, gap) == expected.tolist(), (t, num_frames, gap)
        one, other = (np.random.default_rng([1, case]) for _ in range(2))
        assert draw_partner(one, t, num_frames, gap) == other.choice(expected)
        assert one.bit_generator.state == other.bit_generator.state


def test_a_long_clip_costs_no_more_than_a_short_one():
    """10^15 frames in an array would not fit any machine."""
    pairs = dataset(CountingClips((10**15, )), gap=(1, 30))
    t, other = pairs._draw_pair(np.random.default_rng(0))[1:]
    assert t > 10**10 and 1 <= abs(t - other) <= 30


def test_counts_come_from_one_array_where_the_source_has_it():
    class Counted(CountingClips):
        frame_counts = np.array([10, 30], np.int32)
        asked = 0

        def num_frames(self, i):
            self.asked += 1
            return super().num_frames(i)

    pairs, plain = dataset(Counted()), dataset()
    assert len(pairs) == 40 and pairs.clips.asked == 0
    assert [pairs.pair_of(draw) for draw in range(200)] == [
        plain.pair_of(draw) for draw in range(200)]


def test_of_many_unreadable_frames_a_thousand_keep_their_reason(warnings):
    count = 3000
    pairs = dataset(CountingClips((count, ), unreadable={(0, t) for t in range(count)}),
                    max_unreadable=0.5)
    with pytest.raises(RuntimeError, match='1501 of 3000 frames are unreadable(?s:.*)clip0/'
                       '(?s:.*)and 501 more'):
        for t in range(count):
            pairs._read(0, t)
    assert len(pairs.unreadable) == 1000 and pairs.unreadable[7] == 'clip0/7.png: truncated PNG'


def test_a_draw_is_a_pure_function_of_seed_and_number():
    options = dict(augment=dict(flip=0.5, rotate_deg=180, scale=(0.8, 1.2), shift=0.1),
                   appearance_warp=dict(strength=0.05), background=dict(source='clip_median'))
    one, other = (dataset(CountingClips((8,), square=True), **options) for _ in range(2))
    for draw in (7, 0, 10**9, 7):
        assert same(one[draw], other[draw])
    assert not same(one[0], one[1])
    third = dataset(CountingClips((8,), square=True), **{**options, 'seed': 1})
    assert any(not same(one[d], third[d]) for d in range(5))


def test_masked_blends_exactly():
    frame = np.full((1, 3, 3), 200, np.uint8)
    weight = np.array([[0.0, 0.25, 1.0]], np.float32)
    fill = np.array([100, 0, 20], np.float32)
    # 0.25 * 200 + 0.75 * (100, 0, 20) = (125, 50, 65)
    assert masked(frame, weight, fill).tolist() == [[[100, 0, 20], [125, 50, 65], [200, 200, 200]]]


@pytest.mark.parametrize('mask', [None, (), ('image',), ('target',), ('appearance',),
                                  ('image', 'target', 'appearance')])
def test_only_the_masked_images_lose_their_background(mask):
    options = dict(source='clip_median', threshold=30, softness=5, blur=0, fill=(1, 2, 3))
    pairs = dataset(CountingClips((12,), square=True), mask=mask, background=options, gap=(5, 9))
    item = pairs[3]
    lost = {key for key in ('image', 'target', 'appearance')
            if item[key][:, 0, 0].tolist() == [1, 2, 3]}
    assert lost == set(('target', 'appearance') if mask is None else mask)
    for key in ('image', 'target', 'appearance'):
        # The figure stays in all of them: 6 x 4 pixels of its colour.
        assert (item[key][2] == 250).sum() == 24
    assert item['weight'].unique().tolist() == [0.0, 1.0]
    assert torch.equal(item['weight'][0] == 1, item['image'][2] == 250)


def test_augmentation_is_the_same_for_both_frames_and_the_weight():
    clips = CountingClips((2,), square=True)
    plain = dataset(clips, gap=(0, 0), background=dict(source='clip_median', threshold=30))
    moved = dataset(clips, gap=(0, 0), mask=(), background=dict(source='clip_median', threshold=30),
                    augment=dict(rotate_deg=180, flip=0.5, scale=(0.7, 1.3), shift=0.2))
    for draw in range(5):
        item = moved[draw]
        # The pair is one frame here, so all three stay equal through any common transform.
        assert torch.equal(item['image'], item['target'])
        assert torch.equal(item['image'], item['appearance'])
        assert not torch.equal(item['image'], plain[draw]['image'])


def test_weight_follows_the_turned_image():
    pairs = dataset(CountingClips((12,), square=True), augment=dict(flip=1.0), mask=(), gap=(5, 9),
                    background=dict(source='clip_median', threshold=30, softness=5, blur=0))
    item = pairs[0]
    assert torch.equal(item['weight'][0] == 1, item['image'][2] == 250)
    plain = dataset(CountingClips((12,), square=True), gap=(5, 9))[0]
    assert torch.equal(item['image'], plain['image'].flip(2))


def test_appearance_warp_touches_the_appearance_only():
    clips = CountingClips((12,), square=True)
    plain, warped = dataset(clips), dataset(clips, appearance_warp=dict(strength=0.1))
    assert torch.equal(plain[0]['image'], warped[0]['image'])
    assert torch.equal(plain[0]['target'], warped[0]['target'])
    assert not torch.equal(plain[0]['appearance'], warped[0]['appearance'])


def test_cached_frames_are_not_written_to():
    class Kept(CountingClips):
        frames = {}

        def frame(self, i, t):
            image = self.frames.setdefault((i, t), super().frame(i, t))
            image.setflags(write=False)
            return image

    item = dataset(Kept())[0]
    item['image'][:] = 0
    assert dataset(Kept())[0]['image'][2].unique().tolist() == [200]


@pytest.fixture
def warnings(monkeypatch):
    logged = []
    monkeypatch.setattr(MMLogger, 'warning', lambda self, text: logged.append(text))
    return logged


def test_unreadable_frames_are_named_once_and_never_drawn(warnings):
    clips = CountingClips(unreadable={(1, 3), (1, 4)})
    pairs = dataset(clips, max_unreadable=0.05)
    drawn = [pairs[draw] for draw in range(400)]
    seen = {where(item[key]) for item in drawn for key in ('image', 'appearance')}
    assert seen.isdisjoint(clips.unreadable) and len(seen) == 38
    assert sorted(pairs.unreadable) == ['clip1/3.png: truncated PNG', 'clip1/4.png: truncated PNG']
    assert len(warnings) == 2 and any('clip1/3.png' in text for text in warnings)
    # A redrawn pair is as reproducible as any other, whatever was drawn before it.
    fresh = dataset(clips, max_unreadable=0.05)
    assert all(same(fresh[draw], drawn[draw]) for draw in reversed(range(400)))
    # The draws that met no unreadable frame are those of the whole set.
    whole = dataset()
    unchanged = [same(whole[draw], drawn[draw]) for draw in range(400)]
    assert 0.8 < np.mean(unchanged) < 1


def test_too_many_unreadable_frames_stop_the_run_with_their_names(warnings):
    pairs = dataset(CountingClips(unreadable={(0, t) for t in range(10)}), max_unreadable=0.05)
    # 5 % of 40 frames are 2: the third stops.
    with pytest.raises(RuntimeError, match='3 of 40 frames are unreadable.*max_unreadable=0.05'
                       '(?s:.*)clip0/'):
        for draw in range(100):
            pairs[draw]
    assert len(warnings) == 3


def test_nothing_readable_ends(warnings):
    pairs = dataset(CountingClips((3,), unreadable={(0, 0), (0, 1), (0, 2)}), max_unreadable=1.0)
    with pytest.raises(RuntimeError, match='draw 4: 100 pairs in a row'):
        pairs[4]


class LazyClips(CountingClips):
    """Says how many frames a clip has only once it is opened, and counts that."""

    def __init__(self, lengths=(2, 8, 30), closed=(), **options):
        super().__init__(lengths, **options)
        self.closed, self.opened = set(closed), []

    def num_frames(self, i):
        self.opened.append(i)
        if i in self.closed:
            raise UnreadableFrameError(f'clip{i}.mp4', 'no video')
        return super().num_frames(i)


def test_uniform_clips_opens_nothing_and_gives_every_clip_the_same_chance():
    clips = LazyClips()
    pairs = dataset(clips, uniform='clips', gap=(1, 5))
    assert len(pairs) == 3 and clips.opened == []
    drawn = [pairs.pair_of(draw) for draw in range(1200)]
    shares = np.bincount([clip for clip, _, _ in drawn], minlength=3) / len(drawn)
    assert np.abs(shares - 1 / 3).max() < 0.05
    # Within a clip every frame has the same chance: a quarter of 1/8 of 400 is 12.
    frames = np.bincount([t for clip, t, _ in drawn if clip == 1], minlength=8)
    assert frames.shape == (8, ) and frames.min() > 25 and frames.max() < 75
    assert all(1 <= abs(t - other) <= 5 for _, t, other in drawn)
    assert where(pairs[9]['image']) == drawn[9][:2]


def test_uniform_clips_is_a_pure_function_of_the_draw(warnings):
    options = dict(uniform='clips', max_unreadable=0.7, gap=(1, 5))
    broken = dict(closed={1}, unreadable={(2, 4)})
    first = dataset(LazyClips(**broken), **options)
    drawn = [first[draw] for draw in range(100)]
    fresh = dataset(LazyClips(**broken), **options)
    assert all(same(fresh[draw], drawn[draw]) for draw in reversed(range(100)))
    whole = dataset(LazyClips(), **options)
    assert 0.4 < np.mean([same(whole[draw], drawn[draw]) for draw in range(100)]) < 0.9
    assert sorted(first.unreadable) == ['clip1.mp4: no video', 'clip2/4.png: truncated PNG']
    assert len(warnings) == 2 * 2 and 'of 3 clips' in warnings[0]  # named once by each dataset
    assert first.clips.opened.count(1) == 1


def test_uniform_clips_counts_clips_that_hold_something_unreadable(warnings):
    """Two frames of one clip count once; 0.4 of 3 clips allow one."""
    clips = LazyClips((3, 20, 20), unreadable={(1, t) for t in range(20)})
    pairs = dataset(clips, uniform='clips', max_unreadable=0.4)
    assert {pairs.pair_of(draw)[0] for draw in range(60)} == {0, 2}
    assert len(pairs.unreadable) > 5
    worse = dataset(LazyClips((3, 20, 20), closed={0}, unreadable=clips.unreadable),
                    uniform='clips', max_unreadable=0.4)
    with pytest.raises(RuntimeError, match='2 of 3 clips are unreadable, more than '
                       'max_unreadable=0.4(?s:.*)no video'):
        for draw in range(60):
            worse[draw]


def test_uniform_clips_of_a_large_set_stops_early_when_all_is_broken(warnings):
    """1 % of the first thousand clips are ten; of a million it would be ten thousand."""
    count = 1_000_000
    pairs = dataset(LazyClips((2, ) * count, closed=range(count)), uniform='clips')
    with pytest.raises(RuntimeError, match='11 of 1000 clips are unreadable'):
        pairs[0]


class MaskedClips(CountingClips):
    """Its masks are the squares themselves, half sure on their first column."""

    def mask(self, i, t):
        if (i, t) == (0, 2):
            raise UnreadableFrameError('clip0/2.mask.png', 'truncated PNG')
        mask = np.zeros((SIZE, SIZE), np.float32)
        mask[4:10, t:t + 4], mask[4:10, t] = 1.0, 0.5
        return mask


def test_masks_that_come_with_the_clips(warnings):
    pairs = dataset(MaskedClips((12, ), square=True), gap=(5, 9), max_unreadable=0.1,
                    background=dict(source='mask', fill=(0, 100, 50)))
    for draw in range(60):
        item = pairs[draw]
        _, t, other = pairs.pair_of(draw)
        assert 2 not in (t, other)  # its mask cannot be read: counted, drawn again
        assert item['weight'][0, 4:10, t].unique().tolist() == [0.5]
        assert (item['weight'] == 1).sum() == 6 * 3 and (item['weight'] > 0).sum() == 6 * 4
        assert item['target'][:, 0, 0].tolist() == [0, 100, 50]
        # Half the square's (10, 20, 250), half the fill.
        assert item['target'][:, 5, t].tolist() == [5, 60, 150]
        assert item['appearance'][:, 5, other + 1].tolist() == [10, 20, 250]
        assert item['image'][:, 0, 0].tolist() == [90, 90, 90]
    assert pairs.unreadable == ['clip0/2.mask.png: truncated PNG'] and len(warnings) == 1
    fresh = dataset(MaskedClips((12, ), square=True), gap=(5, 9), max_unreadable=0.1,
                    background=dict(source='mask', fill=(0, 100, 50)))
    assert all(same(fresh[draw], pairs[draw]) for draw in reversed(range(60)))


def test_masks_turn_with_the_image():
    options = dict(gap=(5, 9), mask=(), background=dict(source='mask'), augment=dict(flip=1.0),
                   max_unreadable=0.1)
    item = dataset(MaskedClips((12, ), square=True), **options)[0]
    assert torch.equal(item['weight'][0] > 0, item['image'][2] == 250)


def test_masks_must_be_there_and_fit():
    with pytest.raises(ValueError, match='CountingClips does not give'):
        dataset(background=dict(source='mask'))
    with pytest.raises(TypeError, match='threshold'):
        dataset(MaskedClips(), background=dict(source='mask', threshold=3))


def test_seed_comes_from_the_run_unless_stated():
    free, own = dataset(seed=None), dataset(seed=3)
    with pytest.raises(RuntimeError, match='no seed'):
        free[0]
    for pairs in (free, own):
        sampler = GlobalDrawSampler(pairs, seed=8)
        assert pairs.seed == (3 if pairs is own else 8)
        sampler.set_seed(9)  # a resume brought the seed of the first run
    assert (free.seed, own.seed) == (9, 3)


def test_builds_from_a_config_and_passes_the_size_on():
    pairs = DATASETS.build(dict(
        type='FramePairDataset', image_size=32, gap=[1, 3], seed=0,
        clips=dict(type='SyntheticClips', num_clips=2, frames_per_clip=4),
        background=dict(source='clip_median')))
    assert len(pairs) == 8 and pairs[0]['image'].shape == (3, 32, 32)
    assert 0 < pairs[0]['weight'].mean() < 1


@pytest.mark.parametrize('options, message', [
    (dict(gap=(3, 1)), 'gap'), (dict(gap=(-1, 1)), 'gap'),
    (dict(max_unreadable=2), 'max_unreadable'),
    (dict(mask=['face'], background=dict(source='clip_median')), "'face'"),
    (dict(mask='image', background=dict(source='clip_median')), 'list'),
    (dict(mask=['target']), 'needs a background'),
    (dict(uniform='videos'), "'videos'"),
    (dict(background=dict(source='clip_median', fill=300)), 'fill'),
])
def test_refusals(options, message):
    with pytest.raises(ValueError, match=message):
        dataset(**options)


def test_unknown_options_are_refused():
    with pytest.raises(TypeError, match='hue'):
        dataset(augment=dict(hue=1))
    with pytest.raises(TypeError, match='soft'):
        dataset(background=dict(source='clip_median', soft=1))


def test_frames_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r"frame \d+ has shape \(16, 16, 3\).*image_size=8"):
        FramePairDataset(CountingClips(), 8, seed=0)[0]
