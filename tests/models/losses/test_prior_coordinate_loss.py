import pytest
import torch

from ikp_mm.models import PriorCoordinateLoss

TRUTH = torch.tensor([[[0.1, 0.2], [0.5, -0.5], [-0.9, 0.9]]])
ALL = torch.ones(1, 3, dtype=torch.bool)


def test_prior_is_zero_when_equal():
    assert PriorCoordinateLoss()(TRUTH, TRUTH, ALL) == 0


def test_prior_by_hand():
    # Joint 0 is off by (0.3, 0.4): (0.09 + 0.16) / 2 = 0.125 over its coordinates; joint 1 is
    # far off but invisible; joint 2 is right. Mean of two joints 0.0625.
    predicted = TRUTH + torch.tensor([[[0.3, -0.4], [9., 9.], [0., 0.]]])
    visible = torch.tensor([[True, False, True]])
    loss = PriorCoordinateLoss(loss_weight=2)(predicted, TRUTH, visible)
    assert loss.item() == pytest.approx(0.125)


def test_prior_averages_over_visible_joints_of_the_whole_batch():
    # One pose with one joint off by (1, 1), one with two right ones: 1 / 3.
    predicted, truth = torch.zeros(2, 2, 2), torch.zeros(2, 2, 2)
    predicted[0, 0] = 1
    visible = torch.tensor([[True, False], [True, True]])
    assert PriorCoordinateLoss(1.0)(predicted, truth, visible).item() == pytest.approx(1 / 3)


def test_prior_grows_with_the_error_and_gives_invisible_joints_no_gradient():
    loss = PriorCoordinateLoss()
    values = [loss(TRUTH + off, TRUTH, ALL).item() for off in (0.1, 0.2, 0.3)]
    assert values == pytest.approx([0.9 * 0.01, 0.9 * 0.04, 0.9 * 0.09])
    predicted = (TRUTH + 1).requires_grad_()
    loss(predicted, TRUTH, torch.tensor([[True, False, True]])).backward()
    assert predicted.grad[0, 1].tolist() == [0, 0] and (predicted.grad[0, ::2] > 0).all()


def test_prior_is_zero_where_no_joint_is_visible():
    assert PriorCoordinateLoss()(TRUTH + 1, TRUTH, ~ALL) == 0


def test_either_side_takes_the_nearer_naming():
    # Joints middle, left, right; the prediction is the truth with left and right exchanged.
    truth = torch.tensor([[[0., 0.], [-1., 0.], [1., 0.]]])
    swap, seen = torch.tensor([0, 2, 1]), torch.ones(1, 3, dtype=torch.bool)
    swapped = truth[:, swap]
    assert PriorCoordinateLoss(1.0)(swapped, truth, seen) == pytest.approx(4 / 3)
    loss = PriorCoordinateLoss(1.0, margin=0.01)
    assert loss(swapped, truth, seen, swap) == 0
    # Its own names, where the other ones are not nearer by the margin: midway both are alike.
    middle = torch.zeros(1, 3, 2, requires_grad=True)
    loss(middle, truth, seen, swap).backward()
    assert middle.grad[0, 1, 0] > 0 > middle.grad[0, 2, 0]  # towards (-1, 0) and (1, 0)
    # A joint that is missing under one name is the other one's under the other.
    one_side = torch.tensor([[True, True, False]])
    assert loss(torch.tensor([[[0., 0.], [7., 7.], [-1., 0.]]]), truth, one_side, swap) == 0
