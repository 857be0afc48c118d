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

WARM_UP, MIN_ROUNDS = 2, 5  # calls of each that are not timed; rounds, however long they take


def machine() -> dict:
    """What seconds depend on: processors, threads, graphics card, versions."""
    return dict(
        cpus=os.cpu_count(), usable_cpus=len(os.sched_getaffinity(0)),
        threads=torch.get_num_threads(), architecture=platform.machine(),
        gpu=torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        torch=torch.__version__, python=platform.python_version())


def alternate(calls: Mapping[str, Callable[[], object]], seconds: float, device: str = 'cpu'
              ) -> dict[str, dict]:
    """Time calls in turn: one of each a round, until ``seconds`` for all of them are spent; every
    other round backwards, so that none always follows the same one.

    Returns:
        dict: name -> ``ms``, the median; ``low`` and ``high``, the quantiles of 10 % and 90 %;
        ``times as fast`` as the first call.
    """
    wait = (lambda: None) if device == 'cpu' else torch.cuda.synchronize
    for call in list(calls.values()) * WARM_UP:
        call()
    taken: dict[str, list[float]] = {name: [] for name in calls}
    order = list(calls)
    begin, rounds = time.perf_counter(), 0
    while rounds < MIN_ROUNDS or time.perf_counter() - begin < seconds:
        for name in order:
            wait()
            start = time.perf_counter()
            calls[name]()
            wait()
            taken[name].append(1e3 * (time.perf_counter() - start))
        order.reverse()
        rounds += 1
    found = {name: np.quantile(times, (0.5, 0.1, 0.9)).tolist() for name, times in taken.items()}
    yardstick = next(iter(found.values()))[0]
    return {name: {'ms': median, 'low': low, 'high': high, 'times as fast': yardstick / median}
            for name, (median, low, high) in found.items()}


def peak_memory(call: Callable[[], object], device: str = 'cpu') -> int:
    """Bytes of tensors that a call holds at its worst, above what was held when it began.

    On a CPU from the allocations and releases that PyTorch's profiler records, results that the
    call returns included; on a GPU from the allocator's own peak.
    """
    gc.collect()
    if device != 'cpu':
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
    columns = [key for key in rows[0] if key not in ('low', 'high')]
    lines = [columns, ['---'] * len(columns)]
    for row in rows:
        cells = {key: f'{value:.4g}' if isinstance(value, float) else str(value)
                 for key, value in row.items()}
        cells['ms'] += f" ({cells['low']} - {cells['high']})"
        lines.append([cells[key] for key in columns])
    return '\n'.join(f"| {' | '.join(line)} |" for line in lines)
