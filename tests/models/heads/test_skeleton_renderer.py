from math import exp, sqrt

import pytest
import torch
from torch.autograd import gradcheck

from ikp_mm.models import SkeletonRenderer
from ikp_mm.ops.coords import pixel_grid

# Pixels of a 4 px image lie at -1, -1/2, 0, 1/2 on each axis. The limb runs from (-1/2, 0) to
# (1/2, 0): row 2, columns 1 to 3.
LIMB = [[-0.5, 0.], [0.5, 0.]]


def poses(*joints, dtype=torch.float32):
    return torch.tensor([joints], dtype=dtype)


def renderer(edges=((0, 1), ), size=4, **options):
    return SkeletonRenderer(edges, size, **options)


def test_gaussian_falloff():
    image = renderer(sigma=0.5, falloff='gaussian')(poses(*LIMB))
    assert image.shape == (1, 1, 4, 4)
    drawn = image[0, 0]
    assert drawn[2, 1:].tolist() == [1, 1, 1]  # on the limb d = 0
    # (-1, 0): d^2 = 1/4, exp(-(1/4) / (1/4)); (0, 1/2) as far
    assert drawn[2, 0].item() == pytest.approx(2 * exp(-1) - 1, abs=1e-6)
    assert drawn[3, 2].item() == pytest.approx(2 * exp(-1) - 1, abs=1e-6)
    # (-1, -1): d^2 = (1/2)^2 + 1^2 = 5/4
    assert drawn[0, 0].item() == pytest.approx(2 * exp(-5) - 1, abs=1e-6)


def test_exponential_falloff():
    drawn = renderer(sigma=0.5, falloff='exponential')(poses(*LIMB))[0, 0]
    # sqrt(0 + 1e-6) = 1e-3, over sigma^2 = 1/4
    assert drawn[2, 2].item() == pytest.approx(2 * exp(-4e-3) - 1, abs=1e-6)
    assert drawn[2, 0].item() == pytest.approx(2 * exp(-4 * sqrt(0.25 + 1e-6)) - 1, abs=1e-6)
    assert drawn[0, 0].item() == pytest.approx(2 * exp(-4 * sqrt(1.25 + 1e-6)) - 1, abs=1e-6)


def test_defaults_are_the_reference():
    default, reference = renderer(), renderer(sigma=0.2, falloff='exponential')
    assert torch.equal(default(poses(*LIMB)), reference(poses(*LIMB)))


def test_rows_are_y():
    drawn = renderer(sigma=0.1, falloff='gaussian')(poses([0., -1.], [0., 0.5]))[0, 0]
    assert drawn[:, 2].tolist() == [1, 1, 1, 1]
    assert drawn[:, 0].max() < -0.99


def test_each_pixel_takes_the_nearest_edge():
    # A second limb along the row y = -1: row 1 (y = -1/2) is 1/2 from both, row 0 on it.
    both = renderer([(0, 1), (2, 3)], sigma=0.5, falloff='gaussian')
    drawn = both(poses(*LIMB, [-1., -1.], [0.5, -1.]))[0, 0]
    assert drawn[0].tolist() == [1, 1, 1, 1] and drawn[2, 1:].tolist() == [1, 1, 1]
    # (0, -1/2): 1/2 from either; (-1, -1/2): 1/2 from the second, sqrt(1/2) from the first
    assert drawn[1].tolist() == pytest.approx([2 * exp(-1) - 1] * 4, abs=1e-6)


def test_two_joints_in_one_place_draw_a_dot():
    drawn = renderer(sigma=1.0, falloff='gaussian')(poses([0.5, -0.5], [0.5, -0.5]))[0, 0]
    assert drawn[1, 3].item() == 1
    # (-1, 1/2): d^2 = (3/2)^2 + 1 = 13/4
    assert drawn[3, 0].item() == pytest.approx(2 * exp(-13 / 4) - 1, abs=1e-6)


def test_joints_outside_the_frame():
    # The limb from (3, 0) on: pixel (1/2, 0) is 5/2 away, d^2 / sigma^2 = 25/16.
    drawn = renderer(sigma=2.0, falloff='gaussian')(poses([3., 0.], [5., 0.]))[0, 0]
    assert drawn[2, 3].item() == pytest.approx(2 * exp(-25 / 16) - 1, abs=1e-6)
    # A limb that crosses the frame is drawn inside it.
    crossing = renderer(sigma=0.1, falloff='gaussian')(poses([-9., 0.], [9., 0.]))[0, 0]
    assert crossing[2].tolist() == [1, 1, 1, 1]


def test_a_joint_without_an_edge_is_not_drawn_and_gets_no_gradient():
    keypoints = poses(*LIMB, [0., -1.]).requires_grad_()
    drawn = renderer(falloff='gaussian')(keypoints)
    assert torch.equal(drawn, renderer(falloff='gaussian')(poses(*LIMB, [0.3, 0.7])))
    drawn.square().sum().backward()
    assert keypoints.grad[0, 2].tolist() == [0, 0]
    assert keypoints.grad[0, 0].abs().sum() > 0


CHAIN = [(0, 1), (1, 2)]
CHAIN_POSE = [[-0.7, -0.6], [0.1, 0.2], [0.4, -0.9]]


@pytest.mark.parametrize('falloff', ['exponential', 'gaussian'])
def test_missing_joints_leave_the_edges_that_have_both_ends(falloff):
    chain = renderer(CHAIN, sigma=0.4, falloff=falloff)
    keypoints = poses(*CHAIN_POSE).repeat(4, 1, 1)
    visible = torch.tensor([[1, 1, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1]], dtype=torch.bool)
    drawn = chain(keypoints, visible)
    assert torch.equal(drawn[0], chain(keypoints)[0])
    first, second = (renderer([edge], sigma=0.4, falloff=falloff) for edge in CHAIN)
    assert torch.equal(drawn[1], first(keypoints)[1])
    assert torch.equal(drawn[2], second(keypoints)[2])
    assert (drawn[3] == -1).all()  # both edges miss the middle joint


@pytest.mark.parametrize('falloff', ['exponential', 'gaussian'])
@pytest.mark.parametrize('case', ['apart', 'one place', 'outside', 'missing', 'all missing'])
def test_gradients_are_finite(falloff, case):
    joints = {'one place': [[0., 0.]] * 3, 'outside': [[40., -40.]] * 2 + [[50., 2.]]}
    keypoints = poses(*joints.get(case, CHAIN_POSE)).requires_grad_()
    visible = torch.tensor([[case != 'all missing', case != 'all missing', 'missing' not in case]])
    drawn = renderer(CHAIN, size=8, falloff=falloff)(keypoints, visible)
    drawn.sum().backward()
    assert torch.isfinite(drawn).all() and torch.isfinite(keypoints.grad).all()
    assert drawn.min() >= -1 and drawn.max() <= 1
    if case == 'all missing':
        assert (drawn == -1).all() and (keypoints.grad == 0).all()
    if case in ('apart', 'missing'):
        assert keypoints.grad.abs().sum() > 0


@pytest.mark.parametrize('falloff', ['exponential', 'gaussian'])
def test_gradcheck(falloff):
    keypoints = poses(*CHAIN_POSE, dtype=torch.float64).requires_grad_()
    visible = torch.tensor([[True, True, True]])
    assert gradcheck(renderer(CHAIN, size=5, sigma=0.6, falloff=falloff), (keypoints, visible))


@pytest.mark.parametrize('falloff', ['exponential', 'gaussian'])
def test_agrees_with_the_maximum_after_the_exponential(falloff):
    size, sigma = 6, 0.3
    keypoints = torch.rand(2, 5, 2, dtype=torch.float64) * 3 - 1.5
    edges = [(0, 1), (1, 2), (2, 3), (0, 4)]
    ys, xs = torch.meshgrid([pixel_grid(size, dtype=torch.float64)] * 2, indexing='ij')
    pixels = torch.stack([xs, ys], dim=-1)  # (S, S, 2)
    starts, ends = (keypoints[:, [e[side] for e in edges], None, None] for side in (0, 1))
    limb, offset = ends - starts, pixels - starts  # offset: (N, E, S, S, 2)
    t = ((offset * limb).sum(-1, keepdim=True) / limb.square().sum(-1, keepdim=True)).clamp(0, 1)
    squared = (offset - t * limb).square().sum(-1)
    distance = squared if falloff == 'gaussian' else (squared + 1e-6).sqrt()
    expected = 2 * torch.exp(-distance / sigma**2).amax(dim=1, keepdim=True) - 1
    drawn = renderer(edges, size, sigma=sigma, falloff=falloff)(keypoints)
    torch.testing.assert_close(drawn, expected)


def test_a_wider_sigma_draws_thicker():
    thin, thick = (renderer(sigma=s, falloff='gaussian')(poses(*LIMB)) for s in (0.2, 0.4))
    assert (thick >= thin).all() and thick.sum() > thin.sum()


def test_has_no_weights_and_leaves_no_trace_in_checkpoints():
    assert not list(renderer().parameters()) and not renderer().state_dict()


@pytest.mark.parametrize('options, message', [
    (dict(edges=()), 'without an edge'), (dict(falloff='linear'), 'linear'),
    (dict(sigma=0), 'sigma must be positive')])
def test_refusals(options, message):
    with pytest.raises(ValueError, match=message):
        renderer(**options)
