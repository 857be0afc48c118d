"""What distinguishes Thewlis et al. 2017: maps that move with the image and share no window."""
import pytest
import torch

from ikp_mm.ops import random_similarities, transform_points
from projects.comparison.models import AlignmentLoss, DiversityLoss


def draws(mean, variance, number=200_000):
    """Points (number, 2) of a Gaussian of these moments, (2,) each."""
    generator = torch.Generator().manual_seed(0)
    return mean + variance.sqrt() * torch.randn(number, 2, generator=generator)


def test_alignment_is_the_expected_squared_distance_of_two_draws():
    transforms = torch.tensor([[[0., -1.5, 0.1], [1.5, 0., -0.2]]])  # a quarter turn, 1.5 times
    found = torch.tensor([0.3, -0.1]), torch.tensor([0.02, 0.05])
    source = torch.tensor([-0.2, 0.4]), torch.tensor([0.03, 0.01])
    u = draws(*found)
    v = transform_points(draws(*source).flip(0)[None], transforms)[0]
    expected = (u - v).square().sum(dim=1).mean()
    loss = AlignmentLoss(loss_weight=2.0)(
        *([moment[None, None] for moment in pair] for pair in (found, source)), transforms)
    assert float(loss) == pytest.approx(2 * float(expected), rel=0.01)


def test_spots_that_move_with_the_image_are_aligned():
    torch.manual_seed(0)
    points, none = torch.rand(4, 3, 2) - 0.5, torch.zeros(4, 3, 2)
    transforms = random_similarities(4, rotate_deg=30, scale=(0.5, 2.0), shift=0.2, flip=0.5)
    moved = transform_points(points, transforms)
    assert float(AlignmentLoss()((moved, none), (points, none), transforms)) < 1e-10
    assert float(AlignmentLoss()((points, none), (points, none), transforms)) > 0.01


def spots(cells, size=4, height=30.0):
    """Logits (1, K, S, S), each of which has all but nothing outside one cell (y, x)."""
    maps = torch.zeros(1, len(cells), size, size)
    for number, (y, x) in enumerate(cells):
        maps[0, number, y, x] = height
    return maps


def test_diversity_by_hand():
    loss = DiversityLoss(window=2, loss_weight=3.0)
    assert float(loss(spots([(0, 0), (0, 2), (3, 3)]))) == pytest.approx(0, abs=1e-4)
    # Two in one window: one of three is lost; all three: two are.
    assert float(loss(spots([(0, 0), (1, 1), (3, 3)]))) == pytest.approx(3, abs=1e-4)
    assert float(loss(spots([(0, 0), (1, 1), (0, 1)]))) == pytest.approx(6, abs=1e-4)
    # Flat maps: a quarter in each of four windows, and 1 is found among K = 3.
    assert float(loss(torch.zeros(1, 3, 4, 4))) == pytest.approx(6)
