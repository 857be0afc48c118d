import pytest
import torch

from benchmarks.timing import alternate, machine, peak_memory, quantiles, table


def test_a_timing_is_the_median_and_the_outer_tenths():
    assert quantiles(range(11)) == dict(ms=5.0, low=1.0, high=9.0, repeats=11)


def test_table():
    rows = [dict(step='ours', ms=12.3456, low=10.0, high=30.0, repeats=3, apart=None),
            dict(step='theirs', apart=0.00012345, note='not run')]
    assert table(rows) == """| step | ms | apart | note |
| --- | --- | --- | --- |
| ours | 12.35 (10 - 30) |  |  |
| theirs |  | 0.0001234 | not run |"""


def test_machine_is_plain_and_says_what_seconds_depend_on():
    host = machine()
    assert host['usable_cpus'] <= host['cpus'] and host['threads'] == 1
    assert all(value is None or isinstance(value, (int, str)) for value in host.values())


def test_calls_alternate_and_turn_round():
    calls = []
    found = alternate({name: lambda name=name: calls.append(name) for name in 'ab'}, 0.0,
                      warmup=1, min_rounds=3)
    assert ''.join(calls) == 'ab' + 'ab' + 'ba' + 'ab'
    assert {name: timing['repeats'] for name, timing in found.items()} == {'a': 3, 'b': 3}


def test_peak_memory_counts_what_is_held_together():
    def call():
        first = torch.zeros(1000, 1000)
        second = first + 1  # two of 4 MB
        del first
        return second * 2  # again two
    assert peak_memory(call) == pytest.approx(8e6, rel=0.01)
    assert peak_memory(lambda: torch.zeros(1000, 1000)) == pytest.approx(4e6, rel=0.01)
