"""Many byte strings in two arrays, which processes share where lists of objects are copied."""
from __future__ import annotations

import os
from pathlib import Path
from typing import Iterator, Sequence

import numpy as np

from ikp_mm.io.find import is_wanted

# Strings made at a time when all are gone through.
CHUNK = 65536


def map_array(path: Path, dtype: type) -> np.ndarray:
    """An ``.npy`` file of one dimension, mapped into memory.

    Raises:
        ValueError: it cannot be read, or holds something else; names the file.
    """
    try:
        array = np.load(path, mmap_mode='r')
    except (OSError, ValueError) as error:
        raise ValueError(f'{path} cannot be read ({error})') from error
    if array.dtype != dtype or array.ndim != 1:
        raise ValueError(f'{path} holds {array.dtype} {array.shape}, not {np.dtype(dtype)}')
    return array.view(np.ndarray)


class ByteTable:
    """M byte strings, one after another.

    Args:
        data: (bytes,) uint8, all of them joined.
        ends: (M,) int64, where each ends.

    Raises:
        ValueError: ends that do not fit the data.
    """

    def __init__(self, data: np.ndarray, ends: np.ndarray) -> None:
        # Plain arrays: slicing an np.memmap costs several times as much.
        self.data, self.ends = data.view(np.ndarray), ends.view(np.ndarray)
        if data.dtype != np.uint8 or ends.dtype != np.int64 or (
                (int(ends[-1]) if len(ends) else 0) != len(data)):
            raise ValueError(f'{len(ends)} strings of {ends.dtype} ends do not fit {len(data)} '
                             f'values of {data.dtype}')

    @classmethod
    def of(cls, strings: Sequence[bytes]) -> 'ByteTable':
        """The table of some byte strings."""
        ends = np.cumsum(np.fromiter(map(len, strings), np.int64, len(strings)), dtype=np.int64)
        return cls(np.frombuffer(b''.join(strings), np.uint8), ends)

    @classmethod
    def of_texts(cls, texts: Sequence[str]) -> 'ByteTable':
        """The table of file names or paths."""
        return cls.of([os.fsencode(text) for text in texts])

    def __len__(self) -> int:
        return len(self.ends)

    def view(self, i: int) -> np.ndarray:
        """String i as a view of the data, uint8: nothing is read."""
        return self.data[int(self.ends[i - 1]) if i else 0:int(self.ends[i])]

    def __getitem__(self, i: int) -> bytes:
        return self.view(i).tobytes()

    def text(self, i: int) -> str:
        """String i as a file name."""
        return os.fsdecode(self[i])

    def texts(self) -> Iterator[tuple[int, list[str]]]:
        """(number of the first, texts): all in chunks, so that never all exist as objects."""
        for low in range(0, len(self), CHUNK):
            begin = int(self.ends[low - 1]) if low else 0
            ends = (self.ends[low:low + CHUNK] - begin).tolist()
            joined = self.data[begin:begin + ends[-1]].tobytes()
            yield low, [os.fsdecode(joined[start:end]) for start, end in zip([0, *ends], ends)]

    def choose(self, include: Sequence[str] | None, exclude: Sequence[str]) -> np.ndarray:
        """Numbers of the names that are wanted, (C,) int64, see ``is_wanted``."""
        if include is None and not exclude:
            return np.arange(len(self))
        return np.concatenate([
            low + np.flatnonzero([is_wanted(name, include, exclude) for name in names])
            for low, names in self.texts()]).astype(np.int64)
