"""Time and memory of calls that take turns in one process.

A machine that slows down slows all of them, so ratios of their medians hold; seconds are this
machine's.
"""
from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import numpy as np
import torch

Call = Callable[[], object]


@dataclass(frozen=True)
class Timing:
    """Seconds a call takes: the median, and the 10 % and 90 % quantiles."""

    median: float
    low: float
    high: float
    repeats: int

    @classmethod
    def of(cls, seconds: list[float]) -> 'Timing':
        """Of single measurements in seconds, at least one."""
        low, median, high = np.quantile(seconds, (0.1, 0.5, 0.9))
        return cls(float(median), float(low), float(high), len(seconds))

    def to_dict(self) -> dict:
        """Plain numbers, for a json."""
        return asdict(self)

    def milliseconds(self) -> str:
        """``median (low - high)`` in milliseconds, for a table."""
        digits = 1 if self.median >= 0.01 else 3
        return (f'{1e3 * self.median:.{digits}f} ({1e3 * self.low:.{digits}f} - '
                f'{1e3 * self.high:.{digits}f})')


def synchronize(device: torch.device | str = 'cpu') -> None:
    """Wait for what a GPU was given to do; nothing to wait for on a CPU."""
    if torch.device(device).type == 'cuda':
        torch.cuda.synchronize(device)


def alternate(candidates: Mapping[str, Call], seconds: float, device: torch.device | str = 'cpu',
              warmup: int = 2, min_rounds: int = 5) -> dict[str, Timing]:
    """Time callables in turn: one call of each a round, until ``seconds`` are spent.

    Every other round goes through them backwards, so that none always follows the same one.

    Args:
        candidates: name -> what is timed; at least one.
        seconds: time for all of them together, warm-up not counted.
        device: where they run; a GPU is waited for.
        warmup: calls of each that are not timed.
        min_rounds: rounds, however long they take.
    """
    for call in candidates.values():
        for _ in range(warmup):
            call()
    taken: dict[str, list[float]] = {name: [] for name in candidates}
    order = list(candidates)
    begin, rounds = time.perf_counter(), 0
    while rounds < min_rounds or time.perf_counter() - begin < seconds:
        for name in order:
            synchronize(device)
            start = time.perf_counter()
            candidates[name]()
            synchronize(device)
            taken[name].append(time.perf_counter() - start)
        order.reverse()
        rounds += 1
    return {name: Timing.of(values) for name, values in taken.items()}


def peak_memory(call: Call, device: torch.device | str = 'cpu') -> int:
    """Bytes of tensors that a call holds at its worst, above what was held when it began.

    On a CPU from the allocations and releases that PyTorch's profiler records, results that the
    call returns included; on a GPU from the allocator's own peak.
    """
    gc.collect()
    if torch.device(device).type == 'cuda':
        torch.cuda.synchronize(device)
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        call()
        torch.cuda.synchronize(device)
        return torch.cuda.max_memory_allocated(device) - before
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU],
                                profile_memory=True) as profiler:
        result = call()
        del result
    steps = [(event.start_ns(), event.nbytes()) for event in
             profiler.profiler.kineto_results.events() if event.name() == '[memory]']
    steps.sort(key=lambda step: step[0])
    return int(max(0, np.cumsum([0, *(nbytes for _, nbytes in steps)]).max()))
