"""Zhang et al.'s three constraints, with values by hand."""
import math

import pytest
import torch

from projects.comparison.models import ConcentrationLoss, PointEquivarianceLoss, SeparationLoss
from ikp_mm.ops import transform_points


# ------------------------------------------------------------------ concentration

def test_concentration_by_hand():
    # Unit variances 0.04 and 0.12 along x and y: mean 0.08, in squared frame lengths 0.02.
    variances = torch.tensor([[[0.04, 0.12], [0., 0.]]])
    expected = 2 * math.pi * math.e * 0.02
    assert float(ConcentrationLoss()(variances)) == pytest.approx(expected, rel=1e-5)
    # Two images: their mean; weight 3.
    both = torch.cat([variances, torch.zeros_like(variances)])
    assert float(ConcentrationLoss(loss_weight=3.)(both)) == pytest.approx(1.5 * expected,
                                                                           rel=1e-5)


def test_concentration_is_the_exponential_entropy_of_a_round_gaussian():
    # Entropy of a Gaussian of deviation s a side: log(2 pi e s^2); s = 0.1 of the side is 0.2 here.
    entropy = math.log(2 * math.pi * math.e * 0.1**2)
    loss = ConcentrationLoss()(torch.full((1, 1, 2), 0.2**2))
    assert math.log(float(loss)) == pytest.approx(entropy, rel=1e-5)


def test_a_spot_of_no_width_has_no_loss_and_a_finite_gradient():
    variances = torch.zeros(1, 2, 2, requires_grad=True)
    loss = ConcentrationLoss()(variances)
    loss.backward()
    assert loss == 0 and torch.isfinite(variances.grad).all()


# ------------------------------------------------------------------ separation

def test_separation_by_hand():
    # Two points 0.08 of the side apart (0.16 unit lengths): each sees the other at exp(-1/2).
    points = torch.tensor([[[0., 0.], [0.16, 0.]]])
    loss = SeparationLoss(bandwidth=0.08)
    assert float(loss(points)) == pytest.approx(2 * math.exp(-0.5), rel=1e-5)
    # A third one far off changes nothing; all in one place: 3 * 2 pairs.
    assert float(loss(torch.tensor([[[0., 0.], [0.16, 0.], [0., 5.]]]))) == pytest.approx(
        2 * math.exp(-0.5), rel=1e-5)
    assert float(loss(torch.zeros(4, 3, 2))) == pytest.approx(6)


def test_separation_pushes_points_apart():
    points = torch.tensor([[[0., 0.], [0.1, 0.]]], requires_grad=True)
    SeparationLoss()(points).backward()
    # Downhill is the other way: the left one to the left, the right one to the right.
    assert points.grad[0, 0, 0] > 0 > points.grad[0, 1, 0]
    assert (points.grad[..., 1] == 0).all()


def test_one_point_alone_is_separate():
    assert SeparationLoss()(torch.zeros(2, 1, 2)) == 0


def test_bandwidth_must_be_positive():
    with pytest.raises(ValueError, match='bandwidth'):
        SeparationLoss(bandwidth=0)


# ------------------------------------------------------------------ equivariance

QUARTER_TURN = torch.tensor([[[0., -1., 0.2], [1., 0., 0.]]])  # then 0.2 to the right


def test_equivariance_is_zero_where_points_move_with_the_image():
    # (0.5, 0) turns to (0, 0.5) and moves to (0.2, 0.5).
    found = torch.tensor([[[0.2, 0.5]]])
    expected = transform_points(torch.tensor([[[0.5, 0.]]]), QUARTER_TURN)
    assert float(PointEquivarianceLoss()(found, expected)) == pytest.approx(0, abs=1e-12)


def test_equivariance_by_hand():
    found = torch.tensor([[[0.3, 0.4], [1., 0.]], [[0., 0.], [0., 0.]]])
    expected = torch.tensor([[[0., 0.], [1., 0.]], [[0., 0.], [0., 2.]]])
    # Images: 0.09 + 0.16 and 4; their mean, twice.
    loss = PointEquivarianceLoss(loss_weight=2.)(found, expected)
    assert float(loss) == pytest.approx(4.25)
