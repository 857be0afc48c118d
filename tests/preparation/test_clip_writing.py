import numpy as np
import pytest

from ikp_mm.preparation.clip_writing import motion_of


def test_motion_is_the_standard_deviation_over_time():
    still = np.full((32, 32), 80, np.float32)
    assert motion_of([still, still, still]) == 0
    other = still.copy()
    other[:8] += 20  # a quarter of the pixels, 80 and 100: deviation 10
    assert motion_of([still, other]) == pytest.approx(10)
    speck = still.copy()
    speck[0, 0] += 100  # one pixel of 1024 is no motion
    assert motion_of([still, speck]) == 0
