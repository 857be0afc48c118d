import numpy as np
import pytest
import torch
from mmpose.codecs import RegressionLabel
from mmpose.datasets.transforms import GetBBoxCenterScale, TopdownAffine

from ikp_mm.ops import frame_to_unit, pixel_to_unit, unit_to_frame, unit_to_pixel
from ikp_mm.ops.coords import pixel_grid

# pixel x of an 8 px image, its frame coordinate x / 8, its unit coordinate 2 x / 8 - 1
CORRESPONDING = [(0, 0, -1), (2, 0.25, -0.5), (4, 0.5, 0), (7, 0.875, 0.75), (8, 1, 1),
                 (-4, -0.5, -2)]


@pytest.mark.parametrize('make', [np.array, lambda v: torch.tensor(v, dtype=torch.float64)])
def test_corresponding_points(make):
    pixel, frame, unit = (make([float(v) for v in column]) for column in zip(*CORRESPONDING))
    for result, expected in [(pixel_to_unit(pixel, 8), unit), (unit_to_pixel(unit, 8), pixel),
                             (frame_to_unit(frame), unit), (unit_to_frame(unit), frame)]:
        assert type(result) is type(expected)
        assert result.tolist() == expected.tolist()  # exact: all are powers of two apart


def test_size_may_be_width_and_height():
    # x: 2 * 10 / 20 - 1 = 0; y: 2 * 10 / 40 - 1 = -1/2
    assert pixel_to_unit(np.array([10., 10.]), np.array([20, 40])).tolist() == [0, -0.5]
    assert unit_to_pixel(np.array([0, -0.5]), np.array([20, 40])).tolist() == [10, 10]


def test_pixel_grid_holds_the_pixel_centres():
    assert pixel_grid(4).tolist() == [-1, -0.5, 0, 0.5]
    assert pixel_grid(4).dtype == torch.float32
    assert pixel_grid(3, dtype=torch.float64).tolist() == pytest.approx([-1, -1 / 3, 1 / 3])


def test_round_trips():
    points = np.random.default_rng(0).uniform(-30, 94, (50, 2))
    np.testing.assert_allclose(unit_to_pixel(pixel_to_unit(points, 64), 64), points, atol=1e-12)
    np.testing.assert_allclose(frame_to_unit(unit_to_frame(points)), points, atol=1e-12)


def test_the_same_unit_point_falls_on_the_same_spot_of_any_size():
    point = 0.3
    assert unit_to_pixel(point, 64) / 64 == pytest.approx(unit_to_pixel(point, 32) / 32)


def test_frame_coordinates_are_what_mmposes_codec_reads():
    codec = RegressionLabel(input_size=(64, 64))
    keypoints = np.array([[[0., 0.], [63., 63.], [16., 40.]]])
    labels = codec.encode(keypoints)['keypoint_labels']
    np.testing.assert_array_equal(labels, unit_to_frame(pixel_to_unit(keypoints, 64)))
    decoded, _ = codec.decode(unit_to_frame(pixel_to_unit(keypoints, 64)))
    np.testing.assert_array_equal(decoded, keypoints)


def through_test_pipeline(image, keypoints, side):
    height, width = image.shape[:2]
    results = dict(img=image, keypoints=keypoints,
                   bbox=np.array([[0, 0, width, height]], np.float32))
    return TopdownAffine(input_size=(side, side))(GetBBoxCenterScale(padding=1.0)(results))


def test_a_keypoint_through_mmposes_test_pipeline_lands_where_coords_says():
    keypoints = np.array([[[0, 0], [20, 60], [79, 79], [80, 0]]], np.float32)
    results = through_test_pipeline(np.zeros((80, 80, 3), np.uint8), keypoints, 64)
    # 80 -> 64 px: (20, 60) * 64 / 80 = (16, 48)
    assert results['transformed_keypoints'][0, 1] == pytest.approx([16, 48], abs=1e-4)
    np.testing.assert_allclose(results['transformed_keypoints'],
                               unit_to_pixel(pixel_to_unit(keypoints, 80), 64), atol=1e-4)


def test_pixels_move_as_keypoints_do():
    image = np.zeros((32, 32, 3), np.uint8)
    image[20, 10] = 255  # (x, y) = (10, 20)
    results = through_test_pipeline(image, np.array([[[10, 20]]], np.float32), 64)
    row, column = np.unravel_index(results['img'][..., 0].argmax(), (64, 64))
    assert (column, row) == (20, 40)
    assert results['transformed_keypoints'][0, 0] == pytest.approx([20, 40], abs=1e-4)
    assert unit_to_pixel(pixel_to_unit(np.array([10, 20]), 32), 64).tolist() == [20, 40]
