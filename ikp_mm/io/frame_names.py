"""The names of a clip's frames in a few bytes, whatever their number.

Names that count up by a constant step ('frame_0001.jpg', 'frame_0002.jpg', ...) are stored as
their rule, which is kept only when it gives back every name; others as a table of equal widths.
Either way one name is found without looking at the others.
"""
from __future__ import annotations

import os
import re
import struct
from typing import Sequence

import numpy as np

# Digits of the number (0: a table), its first value, its step, bytes before it, bytes after it.
# A table: 0, number of names, bytes of a name, 0, 0.
_HEADER = struct.Struct('<BqqHH')
_LARGEST = 2**62


def encode_names(names: Sequence[str]) -> bytes:
    """Names in their order, at least one, as bytes for ``decode_name``."""
    rule = _find_rule(names)
    if rule is not None:
        prefix, digits, first, step, suffix = rule
        before, after = os.fsencode(prefix), os.fsencode(suffix)
        return _HEADER.pack(digits, first, step, len(before), len(after)) + before + after
    encoded = [os.fsencode(name) for name in names]
    width = max(map(len, encoded))
    return _HEADER.pack(0, len(names), width, 0, 0) + b''.join(
        name.ljust(width, b'\0') for name in encoded)


def decode_name(entry: np.ndarray, t: int) -> str:
    """Name t.

    Args:
        entry: (bytes,) uint8, what ``encode_names`` gave; of a table only one row is read.
        t: from 0.
    """
    digits, first, step, before, after = _HEADER.unpack(entry[:_HEADER.size].tobytes())
    if digits == 0:
        begin = _HEADER.size + t * step
        return os.fsdecode(entry[begin:begin + step].tobytes().rstrip(b'\0'))
    text = entry[_HEADER.size:].tobytes()
    number = str(first + t * step).zfill(digits)
    return os.fsdecode(text[:before]) + number + os.fsdecode(text[before:before + after])


def decode_names(entry: np.ndarray, count: int) -> list[str]:
    """All ``count`` names."""
    return [decode_name(entry, t) for t in range(count)]


def _find_rule(names: Sequence[str]) -> tuple[str, int, int, int, str] | None:
    """(text before the number, digits, first number, step, text after it), or None."""
    if len(names) < 2:
        return None
    parts, others = (re.split(r'([0-9]+)', name) for name in names[:2])
    differing = [i for i, (a, b) in enumerate(zip(parts, others)) if a != b]
    if len(parts) != len(others) or len(differing) != 1 or differing[0] % 2 == 0:
        return None
    place = differing[0]
    digits, first = len(parts[place]), int(parts[place])
    step = int(others[place]) - first
    prefix, suffix = ''.join(parts[:place]), ''.join(parts[place + 1:])
    if step < 1 or digits > 255 or first + step * len(names) > _LARGEST:
        return None
    if any(name != prefix + str(first + t * step).zfill(digits) + suffix
           for t, name in enumerate(names)):
        return None
    return prefix, digits, first, step, suffix
