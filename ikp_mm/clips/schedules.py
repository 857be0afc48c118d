"""Quantities that change over training as a pure function of the draw number.

The training datasets draw everything from the draw number, so a schedule written in draws resumes
exactly without any state, and every loader worker agrees on it.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping


@dataclass(frozen=True)
class DrawRamp:
    """Linear ramp: ``start`` up to draw ``begin``, ``end`` from draw ``until`` on.

    Draws are counted over all ranks: draws = iterations x global batch size.
    """

    start: float
    end: float
    begin: int
    until: int

    def __post_init__(self) -> None:
        if not 0 <= self.begin <= self.until:
            raise ValueError(f'a ramp needs 0 <= begin <= until, got begin={self.begin}, '
                             f'until={self.until} (in draws)')

    def at(self, draw: int) -> float:
        """The value at a draw number."""
        if draw < self.begin:
            return float(self.start)
        if draw >= self.until:
            return float(self.end)
        progress = (draw - self.begin) / (self.until - self.begin)
        return float(self.start + progress * (self.end - self.start))


def read_ramp(value: float | Mapping) -> DrawRamp:
    """A constant number, or dict(start, end, begin, until), as a ramp."""
    if isinstance(value, Mapping):
        return DrawRamp(**value)
    return DrawRamp(start=float(value), end=float(value), begin=0, until=0)
