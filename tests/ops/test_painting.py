"""Signed distances of painted shapes against values worked out by hand."""
import pytest
import torch

from ikp_mm.ops.painting import limb_distance, oval_distance, polygon_distance

SIZE = 8  # pixel i lies at i / 4 - 1


def points(*pairs):
    return torch.tensor([pairs], dtype=torch.float64)


def test_limb_of_two_radii():
    # From (-1, 0) with radius 0.25 to (0, 0) with radius 0.5.
    distance = limb_distance(points((-1, 0)), points((0, 0)), torch.tensor([[0.25]]),
                             torch.tensor([[0.5]]), SIZE)[0, 0]
    assert distance.shape == (SIZE, SIZE)
    assert distance[4, 0] == pytest.approx(-0.25)  # on the thin end
    assert distance[4, 4] == pytest.approx(-0.5)  # on the thick one
    assert distance[4, 2] == pytest.approx(-0.375)  # half-way
    assert distance[0, 4] == pytest.approx(1 - 0.5)  # straight above the thick end
    assert distance[4, 7] == pytest.approx(0.75 - 0.5)  # past it


def test_limb_of_no_length_is_a_disc():
    distance = limb_distance(points((0, 0)), points((0, 0)), torch.tensor([[0.25]]),
                             torch.tensor([[0.25]]), SIZE)[0, 0]
    assert distance[4, 4] == pytest.approx(-0.25) and distance[4, 6] == pytest.approx(0.25)


def test_oval_outline_and_taper():
    half_width = torch.tensor([[0.25]], dtype=torch.float64)
    none, wide_end = torch.zeros(1, 1), torch.full((1, 1), 0.5)
    start, end = points((-1, 0)), points((1, 0))
    even = oval_distance(start, end, half_width, none, SIZE)[0, 0]
    assert even[4, 0] == pytest.approx(0)  # a tip
    assert even[4, 4] == pytest.approx(-0.25)  # the middle, as deep as the oval is wide
    assert even[5, 4] == pytest.approx(0)  # a quarter below the middle
    egg = oval_distance(start, end, half_width, wide_end, SIZE)[0, 0]
    assert egg[5, 6] < even[5, 6] and egg[5, 2] > even[5, 2]


def test_polygon_inside_outside_and_distance():
    square = points((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))
    distance = polygon_distance(square, SIZE)[0]
    assert distance[4, 4] == pytest.approx(-0.5)
    assert distance[4, 3] == pytest.approx(-0.25)
    assert distance[4, 0] == pytest.approx(0.5)
    assert distance[0, 0] == pytest.approx(0.5 * 2**0.5)
    assert torch.equal(distance < 0, polygon_distance(square.flip(1), SIZE)[0] < 0)


def test_polygon_that_crosses_itself_is_even_odd():
    bow = points((-0.9, -0.9), (0.9, 0.9), (0.9, -0.9), (-0.9, 0.9))
    inside = polygon_distance(bow, 16)[0] < 0
    assert inside[8, 3] and inside[8, 13] and not inside[3, 8] and not inside[13, 8]
