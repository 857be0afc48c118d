import pytest
import torch

from benchmarks.timing import Timing, alternate, peak_memory


def test_a_timing_is_the_median_and_the_outer_tenths():
    timing = Timing.of([float(x) for x in range(11)])  # 0, 1, ... 10
    assert (timing.median, timing.low, timing.high, timing.repeats) == (5.0, 1.0, 9.0, 11)
    assert Timing(0.02, 0.01, 0.03, 3).milliseconds() == '20.0 (10.0 - 30.0)'


def test_calls_alternate_and_turn_round():
    calls = []
    found = alternate({name: lambda name=name: calls.append(name) for name in 'ab'}, 0.0,
                      warmup=1, min_rounds=3)
    assert ''.join(calls) == 'ab' + 'ab' + 'ba' + 'ab'
    assert {name: timing.repeats for name, timing in found.items()} == {'a': 3, 'b': 3}


def test_peak_memory_counts_what_is_held_together():
    def call():
        first = torch.zeros(1000, 1000)
        second = first + 1  # two of 4 MB
        del first
        return second * 2  # again two
    assert peak_memory(call) == pytest.approx(8e6, rel=0.01)
    assert peak_memory(lambda: torch.zeros(1000, 1000)) == pytest.approx(4e6, rel=0.01)
