"""Pairs of clips that come with masks."""
import numpy as np
import pytest
import torch
from tiny_clips import SIZE, CountingClips, dataset, same

from ikp_mm.io.pictures import UnreadableFrameError


class MaskedClips(CountingClips):
    """Its masks are the squares themselves, half sure on their first column."""

    def mask(self, i, t):
        if (i, t) == (0, 2):
            raise UnreadableFrameError('clip0/2.mask.png', 'truncated PNG')
        mask = np.zeros((SIZE, SIZE), np.float32)
        mask[4:10, t:t + 4], mask[4:10, t] = 1.0, 0.5
        return mask


def test_masks_that_come_with_the_clips(warned):
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
    assert pairs.unreadable == ['clip0/2.mask.png: truncated PNG'] and len(warned) == 1
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
