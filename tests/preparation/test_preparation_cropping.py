"""Crops to a fraction of a pixel, and motion in grey levels."""
import numpy as np
import pytest

from ikp_mm.preparation.cropping import crop_square, motion_of, outside_fraction


def ramp(width=64, height=48):
    """Pixel column i has the value 3 i."""
    return np.repeat(np.tile(3 * np.arange(width, dtype=np.uint8), (height, 1))[..., None], 3, 2)


def test_crop_of_whole_pixels_is_a_slice():
    frame = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    # The frame spans [0, 64]: columns 10 .. 25 are the square [10, 26].
    np.testing.assert_array_equal(crop_square(frame, np.array([18, 20, 16]), 16),
                                  frame[12:28, 10:26])


def test_crop_half_a_pixel_on():
    crop = crop_square(ramp(), np.array([18.5, 20, 16]), 16)
    # Half way between 3 i and 3 (i + 1), rounded either way.
    np.testing.assert_allclose(crop[8, :, 0], 3 * np.arange(10, 26) + 1.5, atol=0.51)


def test_crop_shrinks_by_averaging():
    frame = np.zeros((48, 64, 3), np.uint8)
    frame[:, ::2] = 200  # columns alternate; each pixel of the crop covers two
    crop = crop_square(frame, np.array([32, 24, 32]), 16)
    np.testing.assert_allclose(crop, 100, atol=1)


def test_crop_is_black_outside():
    crop = crop_square(np.full((20, 20, 3), 90, np.uint8), np.array([0, 10, 20]), 20)
    assert (crop[:, :10] == 0).all() and (crop[:, 10:] == 90).all()
    assert outside_fraction(np.array([0, 10, 20]), 20, 20) == pytest.approx(0.5)
    assert outside_fraction(np.array([10, 10, 20]), 20, 20) == 0
    assert outside_fraction(np.array([100, 10, 20]), 20, 20) == 1


def test_motion_is_the_standard_deviation_over_time():
    still = np.full((32, 32), 80, np.float32)
    assert motion_of([still, still, still]) == 0
    other = still.copy()
    other[:8] += 20  # a quarter of the pixels, 80 and 100: deviation 10
    assert motion_of([still, other]) == pytest.approx(10)
    speck = still.copy()
    speck[0, 0] += 100  # one pixel of 1024 is no motion
    assert motion_of([still, speck]) == 0
