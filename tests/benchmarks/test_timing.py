import pytest
import torch

from benchmarks import timing
from benchmarks.timing import alternate, machine, peak_memory, table


def test_table():
    rows = [dict(step='ours', ms=12.3456, low=10.0, high=30.0, batch=4),
            dict(step='theirs', ms=0.00012345, low=0.0001, high=0.5, batch=16)]
    assert table(rows) == """| step | ms | batch |
| --- | --- | --- |
| ours | 12.35 (10 - 30) | 4 |
| theirs | 0.0001234 (0.0001 - 0.5) | 16 |"""


def test_machine_is_plain_and_says_what_seconds_depend_on():
    host = machine()
    assert host['usable_cpus'] <= host['cpus'] and host['threads'] == 1
    assert all(value is None or isinstance(value, (int, str)) for value in host.values())


def test_calls_alternate_and_turn_round(monkeypatch):
    monkeypatch.setattr(timing, 'WARM_UP', 1)
    monkeypatch.setattr(timing, 'MIN_ROUNDS', 3)
    calls = []
    found = alternate({name: lambda name=name: calls.append(name) for name in 'ab'}, 0.0)
    assert ''.join(calls) == 'ab' + 'ab' + 'ba' + 'ab'
    assert list(found) == ['a', 'b']


def test_a_timing_is_the_median_the_outer_tenths_and_a_ratio(monkeypatch):
    """Calls a and b take 1, 2, ... and 2, 4, ... seconds of a clock of our own."""
    monkeypatch.setattr(timing, 'MIN_ROUNDS', 11)
    now = [0.0]
    monkeypatch.setattr(timing.time, 'perf_counter', lambda: now[0])

    def call(seconds):
        counts = iter([0] * timing.WARM_UP + list(range(1, 12)))

        def wait():
            now[0] += seconds * next(counts)
        return wait
    found = alternate(dict(a=call(1.0), b=call(2.0)), 0.0)
    assert found['a'] == {'ms': 6e3, 'low': 2e3, 'high': 10e3, 'times as fast': 1.0}
    assert found['b'] == {'ms': 12e3, 'low': 4e3, 'high': 20e3, 'times as fast': 0.5}


def test_peak_memory_counts_what_is_held_together():
    def call():
        first = torch.zeros(1000, 1000)
        second = first + 1  # two of 4 MB
        del first
        return second * 2  # again two
    assert peak_memory(call) == pytest.approx(8e6, rel=0.01)
    assert peak_memory(lambda: torch.zeros(1000, 1000)) == pytest.approx(4e6, rel=0.01)
