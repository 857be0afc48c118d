"""Where the time of a training step goes: by part of the model, and by operator.

Nothing in the model is changed: hooks put a named range around each module while it is profiled.
Time of the backward pass belongs to the module in whose range the forward operator ran: autograd
numbers the nodes of its graph, and an operator's record carries the number of the node that it is
about to make. Of the records with one number the last begun made the node; the others only came
before it (operators without a gradient, and wrappers such as ``conv2d`` around ``convolution``).

On a CPU an operator's time is that between its begin and its end, less what operators inside it
take. On a GPU it is the time of the kernels that it launched. Every table sums to the measured time
of the step; its last row is what no operator took: Python, on a GPU also waiting.
"""
from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile, record_function

from .operator_groups import group_of
from .timing import alternate, synchronize

STEP = 'ikp_mm.step'
PART = 'ikp_mm.part.'
BACKWARD = 'autograd::engine::evaluate_function'
OPTIMIZER = ('Optimizer.step#', 'Optimizer.zero_grad#')
# Rows of the table by part that are no module.
OTHER, STORED, CLIPPING, UPDATE, REST = (
    'losses and all else', 'gradients stored', 'between backward and update (clipping)',
    'optimizers', 'outside operators')


@contextmanager
def ranges_around(modules: Mapping[str, nn.Module]):
    """Inside the block each call of a module runs in a profiler range of its name."""
    handles = []
    for name, module in modules.items():
        opened: list[record_function] = []

        def enter(module, arguments, name=name, opened=opened):
            opened.append(record_function(PART + name))
            opened[-1].__enter__()

        def leave(module, arguments, result, opened=opened):
            opened.pop().__exit__(None, None, None)

        handles.append(module.register_forward_pre_hook(enter))
        handles.append(module.register_forward_hook(leave, always_call=True))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def profile_step(step_call: Callable[[], object], modules: Mapping[str, nn.Module],
                 device: torch.device | str = 'cpu', repeats: int = 2, warmup: int = 1) -> dict:
    """Profile a training step.

    Args:
        step_call: takes one step; backward passes and ``Optimizer.step`` included.
        modules: name -> module whose share is asked for. Where one lies inside another, time
            counts for the inner one.
        device: where it runs.
        repeats: steps that are profiled; figures are means over them.
        warmup: steps before.

    Returns:
        dict: ``seconds`` a step under the profiler, ``seconds_unprofiled`` (median), ``device``,
        ``parts`` (rows ``part``, ``direction`` forward, backward or empty, ``seconds``, ``share``),
        ``operators`` (rows ``group``, ``seconds``, ``share``, and ``largest``: its operators among
        the twelve that take most, name -> share). Shares are fractions of ``seconds`` and sum to 1
        in both tables.

    Raises:
        ValueError: a module that the step does not call.
    """
    plain = alternate(dict(step=step_call), 0.0, device, warmup=warmup, min_rounds=2)['step']
    gpu = torch.device(device).type == 'cuda'
    activities = [ProfilerActivity.CPU] + [ProfilerActivity.CUDA] * gpu
    with ranges_around(modules), profile(activities=activities) as profiler:
        for _ in range(repeats):
            with record_function(STEP):
                step_call()
                synchronize(device)
    events = [event for event in profiler.events()
              if event.device_type == torch.autograd.DeviceType.CPU]
    total = sum(_microseconds(event) for event in events if event.name == STEP)

    def own_time(event) -> float:
        return event.self_device_time_total if gpu else event.self_cpu_time_total

    called = {event.name for event in events}
    idle = [name for name in modules if PART + name not in called]
    if idle:
        raise ValueError(f'the step calls none of the modules {idle}: leave them out')
    parts, operators = split_by_part(events, own_time), split_by_operator(events, own_time)
    names = [*modules, OTHER]
    keys = [(name, direction) for name in names for direction in ('forward', 'backward')]
    rows = [(*key, parts[key]) for key in (*keys, (STORED, 'backward'), (CLIPPING, ''),
                                           (UPDATE, ''))]
    rows.append((REST, '', total - sum(row[2] for row in rows)))
    scale = 1e-6 / repeats
    return dict(
        device=str(device), seconds=total * scale, seconds_unprofiled=plain.median,
        parts=[dict(part=part, direction=direction, seconds=time * scale, share=time / total)
               for part, direction, time in rows],
        operators=_operator_rows(operators, total, scale))


def split_by_part(events: Sequence, own_time: Callable) -> Counter:
    """Microseconds of (part, direction), from records of ``torch.profiler``.

    Args:
        events: of one device type, ``FunctionEvent`` or alike (``name``, ``cpu_parent``,
            ``time_range``, ``thread``, ``sequence_nr``, ``fwd_thread``).
        own_time: event -> its microseconds without those inside it.
    """
    makers: dict[tuple[int, int], object] = {}
    for event in events:
        if event.sequence_nr >= 0 and not _lineage_has(event, BACKWARD):
            key = event.thread, event.sequence_nr
            if key not in makers or makers[key].time_range.start <= event.time_range.start:
                makers[key] = event
    windows = _clipping_windows(events)
    times: Counter = Counter()
    for event in events:
        if event.name != STEP:
            times[_place(event, makers, windows)] += own_time(event)
    return times


def split_by_operator(events: Sequence, own_time: Callable) -> Counter:
    """Microseconds of each operator; ranges and the engine's own time are no operators."""
    times: Counter = Counter()
    for event in events:
        if event.name.startswith(('aten::', 'ikp_mm::')):
            times[event.name] += own_time(event)
    return times


def _operator_rows(times: Counter, total: float, scale: float, top: int = 12) -> list[dict]:
    largest = times.most_common(top)
    groups: Counter = Counter()
    for name, time in times.items():
        groups[group_of(name)] += time
    rows = [(group, time, {name: taken / total for name, taken in largest
                           if group_of(name) == group}) for group, time in groups.most_common()]
    rows.append((REST, total - sum(times.values()), {}))
    return [dict(group=group, seconds=time * scale, share=time / total, largest=names)
            for group, time, names in rows]


def _place(event, makers: Mapping, windows: Sequence[tuple[float, float]]) -> tuple[str, str]:
    """(part, direction) that a record's own time belongs to."""
    node, part, outermost = None, None, event
    for ancestor in _lineage(event):
        if ancestor.name.startswith(OPTIMIZER):
            return UPDATE, ''
        if ancestor.name.startswith(BACKWARD):
            node = ancestor
        elif part is None and ancestor.name.startswith(PART):
            part = ancestor.name[len(PART):]
        if ancestor.name != STEP:
            outermost = ancestor
    if node is not None:
        if node.name.endswith('AccumulateGrad'):
            return STORED, 'backward'
        maker = makers.get((node.fwd_thread, node.sequence_nr))
        return (OTHER if maker is None else _range_of(maker)), 'backward'
    if part is None and any(begin <= outermost.time_range.start < end for begin, end in windows):
        return CLIPPING, ''
    return part or OTHER, 'forward'


def _clipping_windows(events: Sequence) -> list[tuple[float, float]]:
    """From the end of a backward pass to the begin of the update that follows it."""
    ends = sorted(event.time_range.end for event in events if event.name.startswith(BACKWARD))
    windows = []
    for event in events:
        if event.name.startswith(OPTIMIZER[0]):
            before = [end for end in ends if end <= event.time_range.start]
            if before:
                windows.append((before[-1], event.time_range.start))
    return windows


def _range_of(event) -> str:
    names = (ancestor.name for ancestor in _lineage(event))
    return next((name[len(PART):] for name in names if name.startswith(PART)), OTHER)


def _lineage(event):
    """A record, and those around it, from the inside out."""
    while event is not None:
        yield event
        event = event.cpu_parent


def _lineage_has(event, prefix: str) -> bool:
    return any(ancestor.name.startswith(prefix) for ancestor in _lineage(event))


def _microseconds(event) -> float:
    return event.time_range.end - event.time_range.start


def table_profile(result: dict) -> str:
    """Markdown: a table by part, forward and backward side by side, and one by operator."""
    took = (f"A step of {1e3 * result['seconds']:.0f} ms under the profiler "
            f"({1e3 * result['seconds_unprofiled']:.0f} ms without it), {result['device']}.")
    cells: dict[str, dict[str, float]] = {}
    for row in result['parts']:
        cells.setdefault(row['part'], {})[row['direction']] = 100 * row['share']
    lines = [took, '', '| part | forward % | backward % | both % |', '|---|---|---|---|']
    for part, shares in cells.items():
        passes = [f'{shares[d]:.1f}' if d in shares else '' for d in ('forward', 'backward')]
        lines.append(f'| {part} | {passes[0]} | {passes[1]} | {sum(shares.values()):.1f} |')
    lines += ['', '| operators | share % | of these |', '|---|---|---|']
    for row in result['operators']:
        names = ', '.join(f"{name.split('::')[1]} {100 * share:.1f}"
                          for name, share in row['largest'].items())
        lines.append(f"| {row['group']} | {100 * row['share']:.1f} | {names} |")
    return '\n'.join(lines)
