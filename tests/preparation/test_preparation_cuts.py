"""Cuts: a jump of all pixels that is not how the frames around it change."""
import numpy as np

from ikp_mm.preparation.cuts import CutFinder, cuts_from_differences, thumbnail
from tiny_videos import moving_square


def test_thumbnail_is_grey():
    frame = np.zeros((64, 128, 3), np.uint8)
    frame[..., 1] = 200  # 0.587 of green
    assert thumbnail(frame).shape == (32, 32)
    np.testing.assert_allclose(thumbnail(frame), 117, atol=1)


def find_cuts(frames):
    finder = CutFinder()
    for frame in frames:
        finder.add(frame)
    return len(finder), finder.cuts()


def test_a_change_of_scene_is_a_cut():
    frames = moving_square(12) + moving_square(8, ground=200)
    assert find_cuts(frames) == (20, [12])
    assert find_cuts(moving_square(20)) == (20, [])
    assert find_cuts([]) == (0, [])


def test_differences():
    still = np.full(20, 1.0)
    for value, cuts in ((19, []), (30, [10])):  # 20 grey levels are the least
        differences = still.copy()
        differences[10] = value
        assert cuts_from_differences(differences) == cuts
    # A pan: large differences throughout, four times the usual is needed.
    pan = np.full(20, 15.0)
    pan[10] = 50
    assert cuts_from_differences(pan) == []
    pan[10] = 70
    assert cuts_from_differences(pan) == [10]
