import numpy as np

from ikp_mm.io.crop import crop_square, enclosing_square


def test_the_square_takes_the_longer_side_and_keeps_the_middle():
    center, side = enclosing_square(np.array([[0., 10., 4., 20.], [6., 12., 10., 40.]]))
    # Together x 0..10, y 10..40.
    assert center.tolist() == [5, 25] and side == 30


def test_a_crop_of_the_same_scale_is_a_cut():
    image = np.arange(100, dtype=np.float32).reshape(10, 10)
    # Side 4 around (5, 6): columns 3..6, rows 4..7.
    np.testing.assert_allclose(crop_square(image, np.array([5., 6.]), 4.0, 4), image[4:8, 3:7])


def test_black_past_the_border():
    image = np.full((4, 4, 3), 200, np.uint8)
    crop = crop_square(image, np.array([0., 2.]), 4.0, 4)
    assert crop.shape == (4, 4, 3) and crop.dtype == np.uint8
    assert (crop[:, :2] == 0).all() and (crop[:, 2:] == 200).all()
