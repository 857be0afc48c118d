"""Decoded frames kept in memory, within a budget."""
from __future__ import annotations

import re
from collections import OrderedDict
from typing import Hashable

import numpy as np

DEFAULT_BUDGET = '2GiB'
_UNITS = {'B': 1, 'KiB': 2**10, 'MiB': 2**20, 'GiB': 2**30, 'TiB': 2**40}


def read_bytes_option(value: bool | int | str, option: str) -> int:
    """Number of bytes that the value of an ``option`` grants: True is ``DEFAULT_BUDGET``, False 0,
    else a number of bytes, or a text like '512MiB' (B, KiB, MiB, GiB, TiB).

    Raises:
        ValueError: anything else.
    """
    if isinstance(value, bool):
        return read_bytes_option(DEFAULT_BUDGET, option) if value else 0
    if isinstance(value, int) and value >= 0:
        return value
    match = re.fullmatch(r'(\d+(?:\.\d+)?) ?([KMGT]i)?B', value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{option} must be True, False, a number of bytes or a text like '512MiB' "
                         f'({", ".join(_UNITS)}), got {value!r}')
    return int(float(match[1]) * _UNITS[f'{match[2] or ""}B'])


class FrameCache:
    """Arrays by key; when the budget of bytes is spent, those not asked for the longest make room.

    A copy made for another process (``pickle``) starts empty.
    """

    def __init__(self, budget: int) -> None:
        self.budget, self.nbytes = int(budget), 0
        self._arrays: OrderedDict[Hashable, np.ndarray] = OrderedDict()

    def __len__(self) -> int:
        return len(self._arrays)

    def get(self, key: Hashable) -> np.ndarray | None:
        """What was put there, or None when it was never or is no longer there."""
        array = self._arrays.get(key)
        if array is not None:
            self._arrays.move_to_end(key)
        return array

    def put(self, key: Hashable, array: np.ndarray) -> None:
        """Keep an array, unless it alone is larger than the budget."""
        if array.nbytes > self.budget:
            return
        replaced = self._arrays.pop(key, None)
        self.nbytes += array.nbytes - (0 if replaced is None else replaced.nbytes)
        self._arrays[key] = array
        while self.nbytes > self.budget:
            self.nbytes -= self._arrays.popitem(last=False)[1].nbytes

    def __getstate__(self) -> dict:
        return dict(budget=self.budget)

    def __setstate__(self, state: dict) -> None:
        self.__init__(**state)
