"""Memory of a process, as the Linux kernel accounts it."""
from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class ProcessMemory:
    """Bytes of memory of one process.

    Attributes:
        private: pages that no other process has.
        proportional: private ones, and of every shared page its size over the number of processes
            that have it: summed over processes, each page counts once.
    """

    private: int
    proportional: int


def process_memory(pid: int | None = None) -> ProcessMemory:
    """Memory of a process, this one by default.

    Raises:
        OSError: no such process, or no Linux (``/proc/PID/smaps_rollup``).
    """
    fields = {}
    text = Path(f'/proc/{os.getpid() if pid is None else pid}/smaps_rollup').read_text()
    for line in text.splitlines()[1:]:
        key, value, _ = line.split()
        fields[key.rstrip(':')] = int(value) * 1024
    return ProcessMemory(fields['Private_Clean'] + fields['Private_Dirty'], fields['Pss'])


def drop_from_page_cache(path: Path) -> None:
    """Let the kernel forget the contents of a file or of the files in a folder, so that they are
    read from the disk the next time. Pages that a process has mapped stay."""
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fsync(descriptor)  # only what is on the disk can be forgotten
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def touch(array: np.ndarray) -> None:
    """Read one value of every page of an array, so that all of it is in memory."""
    array.view(np.uint8)[::1024].max()
