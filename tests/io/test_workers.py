"""Processes are spawned and import the package: seconds each, so all but one test is slow."""
import os
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children

import pytest

from ikp_mm.io import workers
from ikp_mm.io.workers import in_workers

from tiny_workers import die, endless, power, slow


@pytest.mark.parametrize('processes', [0, 1])
def test_results_come_in_the_order_of_the_parts(processes, monkeypatch):
    monkeypatch.setattr(workers, 'PARTS_AHEAD', 1)
    results = list(in_workers(power, (3, ), iter(range(20)), processes))
    assert [value for value, _ in results] == [n ** 3 for n in range(20)]
    assert (os.getpid() in {pid for _, pid in results}) == (processes == 0)
    assert active_children() == []


def test_counting_here():
    counted = []
    list(in_workers(power, (1, ), [3, 4, 5], 0, counted.append))
    assert counted == [3, 7, 12]


@pytest.mark.slow
def test_counting_in_workers(monkeypatch):
    monkeypatch.setattr(workers, 'POLL_SECONDS', 0.02)
    counted = []
    assert list(in_workers(slow, (), [7, 8], 2, counted.append)) == [7, 8]
    assert counted == sorted(counted) and 0 < counted[-1] <= 10 * workers.COUNT_AT_A_TIME


@pytest.mark.slow
def test_workers_end_when_the_caller_leaves_off():
    results = in_workers(endless, (), [0, 1, 2, 3, 4, 5], 1)
    assert next(results) == 'first'
    results.close()
    assert active_children() == []


@pytest.mark.slow
def test_an_error_of_the_work_is_the_callers():
    with pytest.raises(TypeError, match='unsupported operand'):
        list(in_workers(power, ('x', ), [2], 1))
    assert active_children() == []


@pytest.mark.slow
def test_a_killed_worker_is_an_error():
    with pytest.raises(BrokenProcessPool):
        list(in_workers(die, (), range(3), 1))
