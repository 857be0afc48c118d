import cv2
import numpy as np
import pytest

from ikp_mm.io.pictures import UnreadableFrameError
from ikp_mm.clips.masks import read_mask


def test_grey_levels_become_fractions(tmp_path):
    cv2.imwrite(str(tmp_path / 'm.png'), np.array([[0, 51, 255]], np.uint8))
    mask = read_mask(tmp_path / 'm.png', (1, 3, 3))
    assert mask.dtype == np.float32
    np.testing.assert_allclose(mask, [[0, 0.2, 1]])


def test_a_mask_of_another_size_or_none(tmp_path):
    cv2.imwrite(str(tmp_path / 'm.png'), np.zeros((4, 6), np.uint8))
    with pytest.raises(ValueError, match='m.png is 6 x 4, but its frame is 8 x 4'):
        read_mask(tmp_path / 'm.png', (4, 8, 3))
    with pytest.raises(UnreadableFrameError, match='n.png'):
        read_mask(tmp_path / 'n.png', (4, 8, 3))
