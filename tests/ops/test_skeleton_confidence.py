import math

import pytest
import torch

from ikp_mm.ops import joint_scores, local_disagreement, shift_images
from ikp_mm.ops.skeleton_confidence import HALF, STEADY, WINDOW

ALL = torch.tensor([True])


def blank(size=16):
    return -torch.ones(1, 1, size, size)


def dots(*places, size=16, value=1.):
    """Full ink at pixels (column, row), none elsewhere."""
    image = blank(size)
    for column, row in places:
        image[0, 0, row, column] = value
    return image


def at(column, row, size=16):
    return torch.tensor([[[2 * column / size - 1, 2 * row / size - 1]]])


# ------------------------------------------------------------------ disagreement

def test_equal_images_do_not_disagree():
    image = torch.rand(2, 1, 16, 16) * 2 - 1
    assert local_disagreement(image, image, torch.rand(2, 1, 2), ALL).tolist() == [[0], [0]]


def test_images_without_common_ink_disagree_wholly():
    y, drawn = dots((8, 8)), dots((9, 8))
    assert local_disagreement(y, drawn, at(8, 8), ALL).item() == pytest.approx(1, abs=1e-4)
    # Nothing where a line is drawn, and ink where none is drawn: likewise.
    assert local_disagreement(blank(), drawn, at(8, 8), ALL).item() == pytest.approx(1, abs=1e-4)
    assert local_disagreement(y, blank(), at(8, 8), ALL).item() == pytest.approx(1, abs=1e-4)


def test_half_of_the_ink_by_hand():
    # Ink 1/2 against 1 at one pixel: (1/2)^2 / (1/4 + 1) = 1/5, whatever the window gives it.
    y, drawn = dots((10, 8), value=0.), dots((10, 8))
    assert local_disagreement(y, drawn, at(8, 8), ALL).item() == pytest.approx(0.2)


def test_window_by_hand():
    # Drawn alike at (8, 8), under the joint; drawn but absent at (12, 8), 4 of 16 pixels = 1/2 unit
    # off: weight w = exp(-(0.5 / 0.2)^2 / 2). Different: w, ink: 2 + w.
    y, drawn = dots((8, 8)), dots((8, 8), (12, 8))
    weight = math.exp(-(0.5 / WINDOW)**2 / 2)
    near = local_disagreement(y, drawn, at(8, 8), ALL)
    assert near.item() == pytest.approx(weight / (2 + weight), rel=1e-5)
    # The same along y, and seen from the absent pixel.
    y, drawn = dots((8, 8)), dots((8, 8), (8, 12))
    assert torch.equal(local_disagreement(y, drawn, at(8, 8), ALL), near)
    there = local_disagreement(y, drawn, at(8, 12), ALL)
    assert there.item() == pytest.approx(1 / (1 + 2 * weight), rel=1e-5)


def test_a_joint_without_an_edge_answers_for_the_whole_image():
    # 1 of 3 inks disagrees: 1 / (2 + 2 + 1), wherever the joint lies.
    y, drawn = dots((0, 0), (8, 8)), dots((0, 0), (8, 8), (15, 15))
    for place in ((0, 0), (15, 15)):
        both = torch.cat([at(*place), at(*place)], dim=1)
        lone, edged = local_disagreement(y, drawn, both, torch.tensor([False, True]))[0].tolist()
        assert lone == pytest.approx(1 / 5)
        assert edged == pytest.approx(1 if place == (15, 15) else 0, abs=1e-4)


def test_ink_is_clipped_and_no_ink_at_all_is_no_disagreement():
    # An unbounded Phi may go beyond [-1, 1].
    y = dots((8, 8), value=3.) - 2 * (dots((8, 8)) < 0)
    assert local_disagreement(y, dots((8, 8)), at(8, 8), ALL).item() == 0
    assert local_disagreement(blank(), blank(), at(8, 8), ALL).item() == 0


# ------------------------------------------------------------------ shifts

def test_shift_repeats_the_border():
    image = torch.tensor([[1., 2., 3.], [4., 5., 6.], [7., 8., 9.]])[None, None]
    assert shift_images(image, 1, 0)[0, 0].tolist() == [[1, 1, 2], [4, 4, 5], [7, 7, 8]]
    assert shift_images(image, 0, 2)[0, 0].tolist() == [[1, 2, 3], [1, 2, 3], [1, 2, 3]]
    assert shift_images(image, -1, 0)[0, 0].tolist() == [[2, 3, 3], [5, 6, 6], [8, 9, 9]]
    assert shift_images(image, 1, -1)[0, 0].tolist() == [[4, 4, 5], [7, 7, 8], [7, 7, 8]]


# ------------------------------------------------------------------ score

def test_score_by_hand():
    # d + d0 = e0: 1 / (1 + r)
    still = torch.tensor(HALF - STEADY)
    scores = joint_scores(torch.tensor([0., 0.25, 1.]), still)
    assert scores.tolist() == pytest.approx([1, 0.8, 0.5])
    # d + d0 = 10 e0: 1 / (1 + 100 r)
    scores = joint_scores(torch.tensor([0., 0.01, 1.]), torch.tensor(10 * HALF - STEADY))
    assert scores.tolist() == pytest.approx([1, 0.5, 1 / 101])


def test_score_falls_with_either_sign():
    grid = torch.linspace(0.01, 1, 20)
    assert (joint_scores(grid, torch.tensor(0.01)).diff() < 0).all()
    assert (joint_scores(torch.tensor(0.1), grid / 10).diff() < 0).all()
