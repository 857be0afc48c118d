import cv2
import numpy as np
import pytest
from mmpose.datasets.transforms import GetBBoxCenterScale, TopdownAffine
from mmpose.structures.bbox import get_warp_matrix

from ikp_mm.io.crop import (crop_square, enclosing_square, outside_fraction, resize_square, warp)


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def blob(point, height, width, sigma):
    """A bright spot around a point (x, y), pixel centres at integers."""
    y, x = np.mgrid[:height, :width]
    spot = 255 * np.exp(-((x - point[0])**2 + (y - point[1])**2) / (2 * sigma**2))
    return np.repeat(spot[..., None], 3, axis=2).astype(np.uint8)


def middle(image):
    """Where the spot of an image is: its centre of mass (x, y)."""
    weight = image[..., 0].astype(float)
    y, x = np.mgrid[:image.shape[0], :image.shape[1]]
    return np.array([(weight * x).sum(), (weight * y).sum()]) / weight.sum()


def topdown_affine(image, square, size):
    """What MMPose makes of a box."""
    cx, cy, side = square
    box = np.float32([[cx - side / 2, cy - side / 2, cx + side / 2, cy + side / 2]])
    results = GetBBoxCenterScale(padding=1.0)(dict(img=image, bbox=box))
    return TopdownAffine(input_size=(size, size))(results)['img']


@pytest.mark.parametrize('side, size', [(640., 64), (200., 64), (640., 128), (64., 64), (40., 64)])
def test_a_point_at_a_fraction_of_the_square_lies_at_that_fraction_of_the_crop(side, size):
    square = np.array([420., 420., side])
    point = square[:2] - side / 2 + side * np.array([0.625, 0.3125])
    crop = crop_square(blob(point, 800, 800, side / 32), square, size)
    # What the prior says of it: the fraction times the size.
    np.testing.assert_allclose(middle(crop), size * np.array([0.625, 0.3125]), atol=0.03)


@pytest.mark.parametrize('point, size', [((312, 412), 64), ((500, 200), 64), ((312, 412), 128)])
def test_a_whole_frame_is_resized_with_the_same_geometry(point, size):
    picture = blob(point, 640, 640, 20)
    np.testing.assert_allclose(middle(resize_square(picture, size, 'error', 'x')),
                               size * np.array(point) / 640, atol=0.03)


@pytest.mark.parametrize('square', [(20., 16., 32.), (20.25, 16.5, 17.3), (2., 30., 31.),
                                    (-40., 3., 30.), (24., 20., 10.)])
def test_where_it_does_not_shrink_it_is_mmposes_to_the_last_bit(square):
    image = noise(40, 48)
    np.testing.assert_array_equal(crop_square(image, np.array(square), 32),
                                  topdown_affine(image, square, 32))


def test_a_crop_of_whole_pixels_is_a_slice():
    image = noise(48, 64)
    np.testing.assert_array_equal(crop_square(image, np.array([18, 20, 16]), 16),
                                  image[12:28, 10:26])
    grey = np.arange(100, dtype=np.float32).reshape(10, 10)
    np.testing.assert_array_equal(crop_square(grey, np.array([5, 6, 4]), 4), grey[4:8, 3:7])


def test_half_a_pixel_on_is_half_way():
    ramp = np.tile(3 * np.arange(64, dtype=np.float32), (48, 1))
    crop = crop_square(ramp, np.array([18.5, 20, 16]), 16)
    np.testing.assert_allclose(crop[8], 3 * np.arange(10, 26) + 1.5)


def test_shrinking_by_three_is_the_mean_of_nine():
    grey = np.random.default_rng(0).random((60, 60)).astype(np.float32)
    crop = crop_square(grey, np.array([30, 30, 30]), 10)
    # Pixel i looks at 15 + 3 i, and covers one pixel to either side of it.
    expected = grey[14:44, 14:44].reshape(10, 3, 10, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(crop, expected, rtol=1e-5)


@pytest.mark.parametrize('side', [250., 512., 700.3, 1200.])
def test_shrinking_takes_noise_away_as_a_mean_does(side):
    """The mean of n independent values varies by 1 / n of their variance; one value in n, as
    linear interpolation takes it, by all of it."""
    grey = np.random.default_rng(0).normal(100, 20, (1300, 1300)).astype(np.float32)
    crop = crop_square(grey, np.array([650, 650, side]), 64)
    assert crop.std() == pytest.approx(20 * 64 / side, rel=0.15)
    assert crop.mean() == pytest.approx(100, abs=0.5)


def test_any_matrix_a_turned_square():
    image = noise(300, 300)
    matrix = get_warp_matrix(np.array([150., 140.]), np.array([160., 160.]), 90.,
                             output_size=(32, 32))
    turned = warp(image, matrix, (32, 32)).astype(float)
    # The same square of the picture turned by 90 degrees: (x, y) goes to (y, 299 - x).
    upright = crop_square(cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE),
                          np.array([140., 149., 160.]), 32)
    np.testing.assert_allclose(turned, upright, atol=2)


@pytest.mark.parametrize('side, inside', [(4., slice(2, 4)), (40., slice(2, 4))])
def test_black_past_the_border_and_no_darker_before_it(side, inside):
    image = np.full((round(side), round(side), 3), 200, np.uint8)
    crop = crop_square(image, np.array([0., side / 2, side]), 4)
    assert crop.shape == (4, 4, 3) and crop.dtype == np.uint8
    assert (crop[:, :2] == 0).all() and (crop[:, inside] == 200).all()


def test_a_mask_stays_in_its_range():
    mask = np.ones((300, 400), np.float32)
    for side in (100., 233.3, 300., 1500.):
        crop = crop_square(mask, np.array([200.4, 150, side]), 64)
        assert crop.dtype == np.float32 and crop.max() == 1 and crop.min() >= 0


def test_frames_that_are_not_square():
    wide = np.repeat(np.array([10, 20, 30, 40, 50, 60], np.uint8)[None, :, None], 3, axis=2)
    wide = np.repeat(wide, 2, axis=0)  # 2 high, 6 wide
    assert resize_square(wide, 2, 'crop', 'x')[0, :, 0].tolist() == [30, 40]
    padded = resize_square(wide, 6, 'pad', 'x')[..., 0]
    assert padded[0].tolist() == [0] * 6 and padded[2].tolist() == [10, 20, 30, 40, 50, 60]
    tall = wide.transpose(1, 0, 2)
    assert resize_square(tall, 2, 'crop', 'x')[:, 0, 0].tolist() == [30, 40]
    with pytest.raises(ValueError, match="clip/7.png is 6 x 2, not square: set non_square='crop'"):
        resize_square(wide, 2, 'error', 'clip/7.png')


def test_the_square_takes_the_longer_side_and_keeps_the_middle():
    # Together x 0..10, y 10..40.
    assert enclosing_square(np.array([[0., 10., 4., 20.], [6., 12., 10., 40.]])).tolist() == [
        5, 25, 30]


def test_what_of_a_square_lies_outside():
    assert outside_fraction(np.array([0, 10, 20]), 20, 20) == pytest.approx(0.5)
    assert outside_fraction(np.array([10, 10, 20]), 20, 20) == 0
    assert outside_fraction(np.array([100, 10, 20]), 20, 20) == 1
