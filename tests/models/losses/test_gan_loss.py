from math import log

import pytest
import torch

from ikp_mm.models import GANLoss


def maps(*per_scale):
    """Score maps (1, 1, 1, n), one a scale."""
    return [torch.tensor([float(v) for v in scale]).view(1, 1, 1, -1) for scale in per_scale]


def loss(mode):
    return GANLoss(mode=mode, loss_weight=10, discriminator_weight=0.5)


# Means over (2, 0) real and (1, 3) fake scores, by the formulas of each mode.
REAL, FAKE = maps([2, 0]), maps([1, 3])


def test_lsgan():
    # real ((2-1)^2 + (0-1)^2) / 2 = 1; fake (1 + 9) / 2 = 5; half of the sum
    assert loss('lsgan').discriminator(REAL, FAKE).item() == pytest.approx(3)
    # ((1-1)^2 + (3-1)^2) / 2 = 2, times 10
    assert loss('lsgan').generator(FAKE).item() == pytest.approx(20)


def test_vanilla():
    # softplus(-ln 3) = ln(1 + 1/3), softplus(0) = ln 2, softplus(ln 3) = ln 4
    real, fake = maps([log(3), 0]), maps([0, log(3)])
    expected = 0.5 * ((log(4 / 3) + log(2)) / 2 + (log(2) + log(4)) / 2)
    assert loss('vanilla').discriminator(real, fake).item() == pytest.approx(expected)
    expected = 10 * (log(2) + log(4 / 3)) / 2
    assert loss('vanilla').generator(fake).item() == pytest.approx(expected)


def test_hinge():
    real, fake = maps([2, 0]), maps([1, -3])
    # real (0 + 1) / 2; fake (2 + 0) / 2; half of the sum
    assert loss('hinge').discriminator(real, fake).item() == pytest.approx(0.75)
    # -(1 - 3) / 2 = 1, times 10
    assert loss('hinge').generator(fake).item() == pytest.approx(10)


def test_scales_weigh_alike_whatever_their_sizes():
    # lsgan, fakes (3) and (1, 1, 1): generator (4 + 0) / 2, not 4 / 4; fake side (9 + 1) / 2.
    fake, real = maps([3], [1, 1, 1]), maps([1], [1, 1, 1])
    assert loss('lsgan').generator(fake).item() == pytest.approx(20)
    assert loss('lsgan').discriminator(real, fake).item() == pytest.approx(2.5)


def test_zero_when_the_side_has_won():
    assert loss('lsgan').discriminator(maps([1, 1]), maps([0, 0])) == 0
    assert loss('lsgan').generator(maps([1, 1])) == 0
    assert loss('hinge').discriminator(maps([1, 2]), maps([-1, -2])) == 0


@pytest.mark.parametrize('mode', ['lsgan', 'vanilla', 'hinge'])
def test_each_side_wants_the_opposite(mode):
    real, fake = maps([0.3]), maps([0.4])
    for scores in (real, fake):
        scores[0].requires_grad_()
    loss(mode).discriminator(real, fake).backward()
    assert real[0].grad < 0 < fake[0].grad  # descent raises real scores, lowers fake ones
    fake[0].grad = None
    loss(mode).generator(fake).backward()
    assert fake[0].grad < 0


def test_defaults_are_the_reference():
    default = GANLoss()
    assert default.generator(maps([0])).item() == 10  # lsgan, weight 10
    assert default.discriminator(maps([0]), maps([0])).item() == 0.5


def test_weights_are_options():
    light = GANLoss(loss_weight=2, discriminator_weight=1)
    assert light.generator(FAKE).item() == pytest.approx(4)
    assert light.discriminator(REAL, FAKE).item() == pytest.approx(6)


def test_unknown_mode():
    with pytest.raises(ValueError, match="'wgan'"):
        GANLoss('wgan')
