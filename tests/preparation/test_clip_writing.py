import cv2
import numpy as np
import pytest

from ikp_mm.preparation.clip_writing import Clip, motion_of
from ikp_mm.priors.framing import to_frame


def test_motion_is_the_standard_deviation_over_time():
    still = np.full((32, 32), 80, np.float32)
    assert motion_of([still, still, still]) == 0
    other = still.copy()
    other[:8] += 20  # a quarter of the pixels, 80 and 100: deviation 10
    assert motion_of([still, other]) == pytest.approx(10)
    speck = still.copy()
    speck[0, 0] += 100  # one pixel of 1024 is no motion
    assert motion_of([still, speck]) == 0


def test_a_point_lands_where_the_prior_says_it_is(tmp_path):
    """A bright spot at (500, 300) of a picture, in the square of 640 px whose corner is (100, 100):
    (40, 20) of 64 px."""
    y, x = np.mgrid[:800, :800]
    spot = 255 * np.exp(-((x - 500)**2 + (y - 300)**2) / (2 * 20**2))
    frame = np.repeat(spot[..., None], 3, axis=2).astype(np.uint8)
    clip = Clip(tmp_path / '000', np.array([0]), np.array([[420., 420., 640.]]), 1)
    clip.add(0, frame, 64)
    written = cv2.imread(str(tmp_path / '000/0000.jpg'))[..., 0].astype(float)
    y, x = np.mgrid[:64, :64]
    found = np.array([(written * x).sum(), (written * y).sum()]) / written.sum()
    prior = to_frame(np.array([[[500., 300.]]]), np.array([[100., 100., 740., 740.]]), 1.0, 'x')
    np.testing.assert_allclose(64 * prior[0, 0], [40, 20])
    np.testing.assert_allclose(found, [40, 20], atol=0.1)
