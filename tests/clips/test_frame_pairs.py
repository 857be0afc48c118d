import numpy as np
import pytest
import torch
from mmengine.logging import MMLogger
from mmpose.registry import DATASETS
from tiny_clips import SIZE, CountingClips, dataset, same, where

from ikp_mm.clips.frame_pairs import (FramePairDataset, clip_counts, draw_partner, masked,
                                      pair_candidates)
from ikp_mm.clips.samplers import GlobalDrawSampler
from ikp_mm.io import progress


def test_item_layout():
    item = dataset()[5]
    assert sorted(item) == [
        'appearance', 'colours', 'draw', 'image', 'motion', 'scene', 'target', 'weight']
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


def test_scene_colours_and_motion():
    # A square moves one pixel a frame over a grey ground.
    clips = CountingClips(lengths=(10, ), square=True)
    pairs = dataset(clips, gap=(4, 4), background=dict(
        source='clip_median', threshold=20.0, softness=0.0, blur=0.0))
    for draw in range(20):
        item = pairs[draw]
        assert (item['scene'] == 90).all()
        # BGR of the square, but for the few draws of ground that every pixel has a chance of.
        assert (item['colours'] == torch.tensor([10, 20, 250])).all(dim=1).sum() >= 6
        torch.testing.assert_close(item['motion'], torch.tensor([4 / SIZE, 0.]), rtol=0, atol=1e-6)
    assert item['colours'].shape == (8, 3) and item['motion'].dtype == torch.float32


def test_without_a_mask_the_scene_is_the_frame_blurred():
    item = dataset(CountingClips(square=True), background=dict(source='clip_median'), mask=[])[0]
    assert item['scene'].shape == (3, SIZE, SIZE)
    assert item['scene'].float().std(dim=(1, 2)).max() < item['image'].float().std(dim=(1, 2)).max()
    assert (dataset()[0]['motion'] == 0).all()  # no background: nothing is known


def test_neighbour_is_the_next_frame_or_the_one_before_the_last():
    pairs = dataset(for_score=True)
    for draw in range(100):
        item = pairs[draw]
        (clip, t), (other_clip, beside) = where(item['image']), where(item['neighbour'])
        last = CountingClips().lengths[clip] - 1
        assert other_clip == clip and beside == (t - 1 if t == last else t + 1)


def test_poses_to_paint_for_the_score():
    poses = np.random.default_rng(0).random((3, 2, 2)).astype(np.float32)
    stick = dict(name='stick', joints=['a', 'b'], edges=[('a', 'b')])
    prior = dict(type='PosePriorDataset', poses=poses, frame='image', skeleton=stick,
                 jitter=dict(rotate_deg=90))
    item = dataset(for_score=True, prior=prior)[4]
    # Unturned, and the same at each look.
    assert any(np.allclose(item['pose'], 2 * pose - 1) for pose in poses)
    assert torch.equal(item['pose'], dataset(for_score=True, prior=prior)[4]['pose'])
    assert item['pose_visible'].all()
    assert 'pose' not in dataset(prior=prior)[4] and 'pose' not in dataset(for_score=True)[4]


# ------------------------------------------------------------------ counts

class Counted:
    def __init__(self, counts):
        self.counts = counts

    def __len__(self):
        return len(self.counts)

    def num_frames(self, i):
        return self.counts[i]


def test_every_clip_is_asked_for_its_count():
    assert clip_counts(Counted([4, 2, 9])).tolist() == [4, 2, 9]


def test_the_log_says_how_far_the_counting_is(monkeypatch):
    said = []
    monkeypatch.setattr(progress, 'SECONDS_BETWEEN_LINES', 0.0)
    monkeypatch.setattr(MMLogger.get_current_instance(), 'info', said.append)
    clip_counts(Counted([4, 2]))
    assert [line.split(',')[0] for line in said] == [
        f'{done} of 2 clips of Counted asked for their number of frames' for done in (1, 2)]


def test_the_array_of_counts_is_enough():
    clips = Counted([0, 0, 0])
    clips.frame_counts = np.array([4, 2, 9], np.int32)
    assert clip_counts(clips).tolist() == [4, 2, 9] and clip_counts(clips).dtype == np.int64
    clips.frame_counts = np.array([4, 2])
    with pytest.raises(ValueError, match=r'Counted.frame_counts has shape \(2,\), it has 3 clips'):
        clip_counts(clips)
