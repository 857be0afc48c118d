import os
import signal
from concurrent.futures.process import BrokenProcessPool

import pytest

from ikp_mm.io.workers import IndexProgress, in_workers


def square(number):
    return number * number, os.getpid()


def test_results_come_in_the_order_of_the_parts():
    results = list(in_workers(square, range(50), workers=2))
    assert [value for value, _ in results] == [n * n for n in range(50)]
    assert os.getpid() not in {pid for _, pid in results}


def die(number):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_worker_is_an_error():
    with pytest.raises(BrokenProcessPool):
        list(in_workers(die, range(3), workers=1))


def test_progress():
    seconds, lines = iter([0, 9, 20, 25, 40]), []
    progress = IndexProgress(8, 'parts', lines.append, clock=lambda: next(seconds))
    for done in (1, 2, 3, 4):
        progress.at(done)
    # After 20 s two of eight are done: 60 s for the rest. 25 s is too early. After 40 s four.
    assert lines == ['2 of 8 parts, about 0:01:00 to go', '4 of 8 parts, about 0:00:40 to go']
    IndexProgress(8, 'parts', None).at(1)
