"""Time and memory of calls that take turns in one process, and the machine that they ran on.

A machine that slows down slows all of them, so ratios of their medians hold; milliseconds are this
machine's.
"""
from __future__ import annotations

import gc
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch

Call = Callable[[], object]


def machine() -> dict:
    """What seconds depend on: processors, threads, graphics card, versions."""
    return dict(
        cpus=os.cpu_count(), usable_cpus=len(os.sched_getaffinity(0)),
        threads=torch.get_num_threads(), architecture=platform.machine(),
        gpu=torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        torch=torch.__version__, python=platform.python_version())


def alternate(candidates: Mapping[object, Call], seconds: float, device: str = 'cpu',
              warmup: int = 1, min_rounds: int = 3) -> dict[object, dict]:
    """Time callables in turn: one call of each a round, until ``seconds`` are spent.

    Every other round goes through them backwards, so that none always follows the same one.

    Args:
        candidates: name -> what is timed; at least one.
        seconds: time for all of them together, warm-up not counted.
        device: where they run; a GPU is waited for.
        warmup: calls of each that are not timed.
        min_rounds: rounds, however long they take.

    Returns:
        dict: name -> :func:`quantiles` of its calls.
    """
    for call in candidates.values():
        for _ in range(warmup):
            call()
    taken: dict[object, list[float]] = {name: [] for name in candidates}
    order = list(candidates)
    begin, rounds = time.perf_counter(), 0
    while rounds < min_rounds or time.perf_counter() - begin < seconds:
        for name in order:
            _wait_for(device)
            start = time.perf_counter()
            candidates[name]()
            _wait_for(device)
            taken[name].append(1e3 * (time.perf_counter() - start))
        order.reverse()
        rounds += 1
    return {name: quantiles(values) for name, values in taken.items()}


def _wait_for(device: str) -> None:
    if torch.device(device).type == 'cuda':
        torch.cuda.synchronize(device)


def quantiles(milliseconds: Sequence[float]) -> dict:
    """``ms``, the median; ``low`` and ``high``, 10 % and 90 %; ``repeats``."""
    low, median, high = map(float, np.quantile(milliseconds, (0.1, 0.5, 0.9)))
    return dict(ms=median, low=low, high=high, repeats=len(milliseconds))


def peak_memory(call: Call, device: str = 'cpu') -> int:
    """Bytes of tensors that a call holds at its worst, above what was held when it began.

    On a CPU from the allocations and releases that PyTorch's profiler records, results that the
    call returns included; on a GPU from the allocator's own peak.
    """
    gc.collect()
    if torch.device(device).type == 'cuda':
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        call()
        return torch.cuda.max_memory_allocated(device) - before
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU],
                                profile_memory=True) as profiler:
        call()
    steps = sorted((event for event in profiler.profiler.kineto_results.events()
                    if event.name() == '[memory]'), key=lambda event: event.start_ns())
    return int(np.cumsum([0, *(event.nbytes() for event in steps)]).max())


def table(rows: Sequence[Mapping]) -> str:
    """Markdown: a column a key; ``low`` and ``high`` stand in brackets behind ``ms``."""
    columns = [key for key in dict.fromkeys(key for row in rows for key in row)
               if key not in ('low', 'high', 'repeats')]
    lines = [columns, ['---'] * len(columns)]
    for row in rows:
        cells = {key: f'{value:.4g}' if isinstance(value, float) else str(value)
                 for key, value in row.items() if value is not None}
        if 'ms' in cells:
            cells['ms'] += f" ({cells['low']} - {cells['high']})"
        lines.append([cells.get(key, '') for key in columns])
    return '\n'.join(f"| {' | '.join(line)} |" for line in lines)
