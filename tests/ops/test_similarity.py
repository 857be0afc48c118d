"""Similarity transforms: hand values, corners, images and points together."""
import math

import pytest
import torch

from ikp_mm.ops import random_similarities, transform_images, transform_points


def _matrix(a, b, c, d, x=0., y=0.):
    return torch.tensor([[[a, b, x], [c, d, y]]], dtype=torch.float64)


def test_points_by_hand():
    points = torch.tensor([[[0.5, 0.0], [0.0, 0.25]]], dtype=torch.float64)
    # A quarter turn takes x to y and y to -x; then right by 0.1 and up by 0.2.
    moved = transform_points(points, _matrix(0, -1, 1, 0, 0.1, -0.2))
    assert torch.allclose(moved, torch.tensor([[[0.1, 0.3], [-0.15, -0.2]]], dtype=torch.float64))


def test_identity_leaves_an_image_as_it_is():
    image = torch.rand(1, 2, 8, 8, dtype=torch.float64)
    assert torch.allclose(transform_images(image, _matrix(1, 0, 0, 1)), image, atol=1e-12)


def test_a_shift_of_whole_pixels_moves_pixels():
    image = torch.rand(1, 1, 8, 8, dtype=torch.float64)
    # Two pixels of eight are 0.5 of the two units that a side spans.
    moved = transform_images(image, _matrix(1, 0, 0, 1, x=0.5))
    assert torch.allclose(moved[..., 2:], image[..., :-2], atol=1e-12)
    assert torch.allclose(moved[..., :2], image[..., :1].expand(1, 1, 8, 2), atol=1e-12)


@pytest.mark.parametrize('matrix', [_matrix(0, -1, 1, 0), _matrix(-1, 0, 0, 1),
                                    _matrix(1.5, 0, 0, 1.5, 0.25, -0.25)])
def test_a_spot_lands_where_its_point_goes(matrix):
    size = 32
    image = torch.zeros(1, 1, size, size, dtype=torch.float64)
    image[0, 0, 20, 12] = 1  # y, x
    point = torch.tensor([[[2 * 12 / size - 1, 2 * 20 / size - 1]]], dtype=torch.float64)
    moved = transform_images(image, matrix)[0, 0]
    axis = 2 * torch.arange(size, dtype=torch.float64) / size - 1
    centre = torch.stack([(moved.sum(0) * axis).sum(), (moved.sum(1) * axis).sum()]) / moved.sum()
    assert torch.allclose(centre, transform_points(point, matrix)[0, 0], atol=1e-9)


def test_drawn_similarities_stay_in_their_ranges():
    torch.manual_seed(0)
    drawn = random_similarities(500, rotate_deg=30, scale=(0.5, 2), shift=0.25, flip=0.5)
    linear = drawn[:, :, :2]
    determinant = torch.linalg.det(linear)
    scale = determinant.abs().sqrt()
    assert 0.5 <= scale.min() < 0.6 and 1.9 < scale.max() <= 2
    assert 0.4 < (determinant < 0).float().mean() < 0.6  # mirrored
    # The image of the y axis is (-sin, cos) times the scale, mirrored or not.
    angle = torch.atan2(-linear[:, 0, 1], linear[:, 1, 1])
    assert math.radians(28) < angle.abs().max() <= math.radians(30) + 1e-6
    assert 0.45 < drawn[:, :, 2].abs().max() <= 0.5
    # A similarity keeps right angles and treats both axes alike.
    gram = linear.transpose(1, 2) @ linear
    assert torch.allclose(gram, scale.square()[:, None, None] * torch.eye(2), atol=1e-5)


def test_the_default_draw_is_the_identity():
    drawn = random_similarities(3)
    assert torch.allclose(drawn, torch.tensor([[1., 0., 0.], [0., 1., 0.]]).expand(3, 2, 3))


def test_gradients_reach_images_and_points():
    torch.manual_seed(0)
    transforms = random_similarities(1, 20, (0.9, 1.1), 0.1).double()
    image = torch.rand(1, 1, 4, 4, dtype=torch.float64, requires_grad=True)
    points = torch.rand(1, 3, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda i: transform_images(i, transforms), (image, ))
    assert torch.autograd.gradcheck(lambda p: transform_points(p, transforms), (points, ))


def test_autocast_changes_neither_images_nor_points():
    torch.manual_seed(0)
    transforms = random_similarities(3, rotate_deg=20, scale=(0.8, 1.2), shift=0.1, flip=0.5)
    images, points = torch.rand(3, 2, 32, 32), torch.rand(3, 5, 2)
    plain = transform_images(images, transforms), transform_points(points, transforms)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        cast = transform_images(images, transforms), transform_points(points, transforms)
    for a, b in zip(plain, cast):
        assert b.dtype == torch.float32 and torch.equal(a, b)


@pytest.mark.parametrize('scale', [(0, 1), (-1, 1), (1.2, 0.8)])
def test_scales_must_be_positive_and_in_order(scale):
    with pytest.raises(ValueError, match='scale is'):
        random_similarities(2, scale=scale)
