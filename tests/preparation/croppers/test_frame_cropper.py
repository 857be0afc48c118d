"""The frame as it is."""
import numpy as np

from ikp_mm.preparation.croppers import CentralSquareCropper, WholeFrameCropper

FRAMES = [np.zeros((48, 64, 3), np.uint8), np.zeros((64, 32, 3), np.uint8)]


def test_whole_and_centre():
    assert WholeFrameCropper().boxes(FRAMES).tolist() == [[0, 0, 64, 48], [0, 0, 32, 64]]
    assert CentralSquareCropper().boxes(FRAMES).tolist() == [[8, 0, 56, 48], [0, 16, 32, 48]]
