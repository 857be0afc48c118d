"""Pairs of which something cannot be read, and of clips that are opened when drawn."""
import numpy as np
import pytest
from tiny_clips import CountingClips, dataset, same, where

from ikp_mm.io.pictures import UnreadableFrameError


def test_unreadable_frames_are_named_once_and_never_drawn(warned):
    clips = CountingClips(unreadable={(1, 3), (1, 4)})
    pairs = dataset(clips, max_unreadable=0.05)
    drawn = [pairs[draw] for draw in range(400)]
    seen = {where(item[key]) for item in drawn for key in ('image', 'appearance')}
    assert seen.isdisjoint(clips.unreadable) and len(seen) == 38
    assert sorted(pairs.unreadable) == ['clip1/3.png: truncated PNG', 'clip1/4.png: truncated PNG']
    assert len(warned) == 2 and any('clip1/3.png' in text for text in warned)
    # A redrawn pair is as reproducible as any other, whatever was drawn before it.
    fresh = dataset(clips, max_unreadable=0.05)
    assert all(same(fresh[draw], drawn[draw]) for draw in reversed(range(400)))
    # The draws that met no unreadable frame are those of the whole set.
    whole = dataset()
    unchanged = [same(whole[draw], drawn[draw]) for draw in range(400)]
    assert 0.8 < np.mean(unchanged) < 1


def test_too_many_unreadable_frames_stop_the_run_with_their_names(warned):
    pairs = dataset(CountingClips(unreadable={(0, t) for t in range(10)}), max_unreadable=0.05)
    # 5 % of 40 frames are 2: the third stops.
    with pytest.raises(RuntimeError, match='3 of 40 frames are unreadable.*max_unreadable=0.05'
                       '(?s:.*)clip0/'):
        for draw in range(100):
            pairs[draw]
    assert len(warned) == 3


def test_nothing_readable_ends(warned):
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


def test_uniform_clips_is_a_pure_function_of_the_draw(warned):
    options = dict(uniform='clips', max_unreadable=0.7, gap=(1, 5))
    broken = dict(closed={1}, unreadable={(2, 4)})
    first = dataset(LazyClips(**broken), **options)
    drawn = [first[draw] for draw in range(100)]
    fresh = dataset(LazyClips(**broken), **options)
    assert all(same(fresh[draw], drawn[draw]) for draw in reversed(range(100)))
    whole = dataset(LazyClips(), **options)
    assert 0.4 < np.mean([same(whole[draw], drawn[draw]) for draw in range(100)]) < 0.9
    assert sorted(first.unreadable) == ['clip1.mp4: no video', 'clip2/4.png: truncated PNG']
    assert len(warned) == 2 * 2 and 'of 3 clips' in warned[0]  # named once by each dataset
    assert first.clips.opened.count(1) == 1


def test_uniform_clips_counts_clips_that_hold_something_unreadable(warned):
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


def test_uniform_clips_of_a_large_set_stops_early_when_all_is_broken(warned):
    """1 % of the first thousand clips are ten; of a million it would be ten thousand."""
    count = 1_000_000
    pairs = dataset(LazyClips((2, ) * count, closed=range(count)), uniform='clips')
    with pytest.raises(RuntimeError, match='11 of 1000 clips are unreadable'):
        pairs[0]


def test_of_many_unreadable_frames_a_thousand_keep_their_reason(warned):
    count = 3000
    pairs = dataset(CountingClips((count, ), unreadable={(0, t) for t in range(count)}),
                    max_unreadable=0.5)
    with pytest.raises(RuntimeError, match='1501 of 3000 frames are unreadable(?s:.*)clip0/'
                       '(?s:.*)and 501 more'):
        for t in range(count):
            pairs._read(0, t)
    assert len(pairs.unreadable) == 1000 and pairs.unreadable[7] == 'clip0/7.png: truncated PNG'
