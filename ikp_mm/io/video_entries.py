"""What is known of a video before it is opened, as few bytes.

A constant frame rate is stored as its rule, kept only when it gives back every time; broken frames
as their numbers.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ikp_mm.io.video import VideoIndex

# Bytes of the file, stated frames, frames there are, first time, step between times (0: all times
# follow), broken frames, key frames, whether times are stated.
_HEADER = 8


class VideoEntry(NamedTuple):
    """Size of the file in bytes, and its ``VideoIndex``."""

    size: int
    index: VideoIndex


def encode_video(entry: VideoEntry) -> bytes:
    """A video's entry as bytes, a multiple of eight."""
    size, index = entry
    times, broken = np.asarray(index.times, np.int64), np.flatnonzero(index.broken)
    first, step = (int(times[0]), 1) if len(times) else (0, 1)
    if len(times) > 1:
        step = int(times[1]) - first
    if step == 0 or not np.array_equal(first + step * np.arange(len(times)), times):
        step = 0
    header = [size, index.num_frames, len(times), first, step, len(broken), len(index.key_times),
              index.timed]
    return np.concatenate([np.array(part, np.int64) for part in (
        header, index.key_times, index.key_decode_times, broken,
        times if step == 0 else [])]).tobytes()


def decode_video(data: bytes) -> VideoEntry:
    """What ``encode_video`` was given."""
    values = np.frombuffer(data, np.int64)
    size, stated, count, first, step, num_broken, num_keys, timed = values[:_HEADER].tolist()
    keys, decode, broken_frames, times = np.split(
        values[_HEADER:], np.cumsum([num_keys, num_keys, num_broken]))
    broken = np.zeros(count, bool)
    broken[broken_frames] = True
    if step:
        times = first + step * np.arange(count)
    return VideoEntry(size, VideoIndex(stated, times, broken, keys, decode, bool(timed)))
