from itertools import islice

import pytest
from mmpose.registry import DATA_SAMPLERS
from torch.utils.data import DataLoader, Dataset

from ikp_mm.clips import samplers
from ikp_mm.clips.samplers import GlobalDrawSampler


class Numbers(Dataset):
    seed = None

    def __len__(self):
        return 10

    def __getitem__(self, draw):
        return draw

    def set_seed(self, seed):
        self.seed = seed


def first(sampler, count):
    return list(islice(iter(sampler), count))


def test_counts_up_past_the_datasets_length():
    sampler = DATA_SAMPLERS.build(dict(type='GlobalDrawSampler', dataset=Numbers(), seed=3))
    assert first(sampler, 12) == list(range(12))
    assert len(sampler) == 10


def test_seek_goes_on_where_the_draws_ended():
    sampler = GlobalDrawSampler(Numbers(), seed=0)
    sampler.seek(10**12)
    assert first(sampler, 2) == [10**12, 10**12 + 1]
    assert first(sampler, 1) == [10**12]  # a new iterator starts at the same place
    with pytest.raises(ValueError, match='-1'):
        sampler.seek(-1)


def test_ranks_share_the_draws(monkeypatch):
    shares = []
    for rank in range(3):
        monkeypatch.setattr(samplers, 'get_dist_info', lambda rank=rank: (rank, 3))
        sampler = GlobalDrawSampler(Numbers(), seed=0)
        sampler.seek(6)
        shares.append(first(sampler, 4))
        assert len(sampler) == 3
    assert shares == [[6, 9, 12, 15], [7, 10, 13, 16], [8, 11, 14, 17]]


def test_hands_the_runs_seed_to_the_dataset():
    dataset = Numbers()
    sampler = GlobalDrawSampler(dataset, seed=7)
    assert dataset.seed == 7
    sampler.set_seed(8)
    assert (dataset.seed, sampler.seed) == (8, 8)


def test_through_a_loader():
    sampler = GlobalDrawSampler(Numbers(), seed=0)
    sampler.seek(8)
    batches = islice(iter(DataLoader(Numbers(), batch_size=4, sampler=sampler)), 3)
    assert [batch.tolist() for batch in batches] == [
        [8, 9, 10, 11], [12, 13, 14, 15], [16, 17, 18, 19]]
