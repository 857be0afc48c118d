"""Faults, and the bench that each happens on."""
from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from runs import assert_same_end, end, finish, outcome, output, start, write_config


@dataclass
class Fault:
    """``happen(bench, number)`` is one try; it raises where something is lost."""
    name: str
    tries: int
    happen: Callable[['Bench', int], None]


FAULTS: list[Fault] = []


def fault(name: str, tries: int = 1):
    """Registers a function as a fault."""
    def add(function):
        FAULTS.append(Fault(name, tries, function))
        return function
    return add


class Bench:
    """A config, the end of its undisturbed run and its seconds, and a folder for each try."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.config = write_config(folder)
        before = time.monotonic()
        status = end(start(self.config, folder / 'undisturbed'))
        self.seconds = time.monotonic() - before
        assert status == 0, output(folder / 'undisturbed')[-800:]
        self.undisturbed = outcome(folder / 'undisturbed')

    def work_dir(self, name: str, number: int) -> Path:
        """A folder that is not there yet."""
        return self.folder / f'{"_".join(name.split())}_{number}'


def ends_as_undisturbed(bench: Bench, work_dir: Path) -> None:
    """Resume, and compare with the undisturbed run."""
    finish(bench.config, work_dir)
    assert_same_end(work_dir, bench.undisturbed)


def refused(bench: Bench, work_dir: Path, *says: str, options=(), resume=False, plant=None) -> None:
    """The run ends with status 1 and one line that says all of ``says``."""
    status = end(start(bench.config, work_dir, *options, resume=resume, plant=plant))
    printed = output(work_dir)
    assert status == 1, f'status {status}, not 1'
    assert 'Traceback' not in printed, printed[-800:]
    last = printed.strip().splitlines()[-1]
    for text in says:
        assert text in last, f'"{text}" is not in: {last}'
