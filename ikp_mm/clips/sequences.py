"""Parts of sequences: halves, which share no frame, pieces, and every n-th frame."""
from __future__ import annotations


def check_half(half: str | None) -> None:
    """Refuse what is not 'first', 'second' or None: ValueError."""
    if half not in ('first', 'second', None):
        raise ValueError(f"half must be 'first', 'second' or None, got {half!r}")


def check_interval(interval: int) -> None:
    """Refuse an interval below 1: ValueError."""
    if interval < 1:
        raise ValueError(f'interval must be at least 1, got {interval}')


def half_of(count: int, half: str | None) -> slice:
    """The items of a list of ``count`` that a half takes: the middle one goes to the second.

    The reference release cuts its sequences alike (``[:n // 2]`` and ``[n // 2:]``). None takes
    everything. Raises as ``check_half``.
    """
    check_half(half)
    return {'first': slice(0, count // 2), 'second': slice(count // 2, count),
            None: slice(0, count)}[half]


def pieces_of(count: int, length: int | None) -> list[slice]:
    """Cut ``count`` frames into pieces of ``length``; what is left over joins the last piece.

    A sequence shorter than ``length``, or ``length=None``, stays whole.

    Raises:
        ValueError: ``length`` below 1.
    """
    if length is not None and length < 1:
        raise ValueError(f'frames_per_clip must be positive or None, got {length}')
    number = 1 if length is None else max(1, count // length)
    starts = [0, *(k * length for k in range(1, number))]
    return [slice(start, stop) for start, stop in zip(starts, [*starts[1:], count])]
