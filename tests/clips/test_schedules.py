import pytest

from ikp_mm.clips.schedules import DrawRamp, read_ramp


def test_ramp_is_linear_between_its_draws_and_flat_outside():
    ramp = read_ramp(dict(start=20, end=180, begin=8000, until=24000))
    # (20 + 180) / 2 = 100 half-way at draw 16000; a quarter of the way: 20 + 40.
    assert [ramp.at(n) for n in (0, 8000, 12000, 16000, 24000, 10**9)] == [
        20, 20, 60, 100, 180, 180]


def test_number_is_a_constant():
    assert {read_ramp(15).at(n) for n in (0, 1, 10**6)} == {15.0}


def test_step_when_begin_is_until():
    ramp = DrawRamp(start=1, end=2, begin=5, until=5)
    assert (ramp.at(4), ramp.at(5)) == (1, 2)


def test_refusals():
    with pytest.raises(ValueError, match='begin=9, until=5'):
        read_ramp(dict(start=0, end=1, begin=9, until=5))
    with pytest.raises(TypeError, match='stop'):
        read_ramp(dict(start=0, end=1, begin=0, stop=5))
