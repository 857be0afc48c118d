import pytest
import torch
from torch import nn

from ikp_mm.benchmark.convolution_bound import (MATRIX_SIDE, bound, convolution_flops,
                                                matrix_product)


def test_flops_by_hand():
    first, second = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 2, 1, stride=2)
    image = torch.rand(5, 3, 8, 8)
    linear = nn.Linear(8, 8)  # no convolution
    # Two operations a multiplication: 5 images, outputs, inputs, window, output pixels.
    forward = [2 * 5 * 4 * 3 * 9 * 64, 2 * 5 * 2 * 4 * 1 * 16]

    def step():
        second(first(linear(image))).sum().backward()

    # Backward: weights of both, the input of the second alone.
    assert convolution_flops(lambda: second(first(linear(image)))) == sum(forward)
    image.requires_grad_(False)
    linear.requires_grad_(False)
    assert convolution_flops(step) == sum(forward) + sum(forward) + forward[1]


def test_the_product_is_of_the_size_that_it_says():
    call, flops = matrix_product()
    assert call().shape == (MATRIX_SIDE, MATRIX_SIDE) and flops == 2 * 2048**3


def test_what_follows():
    # 8 GFLOP at 4 GFLOP in half a second: one second, of the reference's three.
    assert bound(8e9, 4e9, 0.5, 3.0) == dict(
        gflop=8, gflop_per_second=8, seconds=pytest.approx(1), ratio=pytest.approx(3))
