"""The sampler of draw numbers that makes training resume exactly, and in O(1)."""
from __future__ import annotations

from typing import Iterator, Sized

from mmengine.dist import get_dist_info, sync_random_seed
from mmpose.registry import DATA_SAMPLERS
from torch.utils.data import Sampler


@DATA_SAMPLERS.register_module()
class GlobalDrawSampler(Sampler):
    """Infinite sampler of draw numbers 0, 1, 2, ... shared out over the ranks.

    Rank r of R yields r, r + R, r + 2R, ... The dataset draws everything from (its seed, draw
    number), so the state of the data is one integer, the number of draws consumed by all ranks
    together (iterations x global batch size). As loader workers fetch ahead, the training loop
    counts and saves it, and calls ``seek`` before it makes its iterator.

    Args:
        dataset: the training dataset. If it has ``set_seed(seed)`` the run's seed is handed to it,
            and it uses that one unless its own config states a seed.
        seed: the run's seed; None takes one that all ranks agree on. MMEngine passes it.
    """

    def __init__(self, dataset: Sized, seed: int | None = None) -> None:
        self.dataset = dataset
        self.rank, self.world_size = get_dist_info()
        self._consumed = 0
        self.set_seed(sync_random_seed() if seed is None else seed)

    def set_seed(self, seed: int) -> None:
        """Hand the run's seed to the dataset; again when a resume brought another seed."""
        self.seed = int(seed)
        if hasattr(self.dataset, 'set_seed'):
            self.dataset.set_seed(self.seed)

    def seek(self, draws_consumed: int) -> None:
        """Let the next iterator start after the first ``draws_consumed`` draws of all ranks."""
        if draws_consumed < 0:
            raise ValueError(f'draws_consumed must not be negative, got {draws_consumed}')
        self._consumed = int(draws_consumed)

    def __iter__(self) -> Iterator[int]:
        draw = self._consumed + self.rank
        while True:
            yield draw
            draw += self.world_size

    def __len__(self) -> int:
        """Nominal length (the iterator never ends): this rank's share of the dataset."""
        return max(1, len(self.dataset) // self.world_size)
