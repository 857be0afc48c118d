import pytest
import torch
from mmpose.registry import MODELS
from torch import nn

from ikp_mm.models.necks import SkeletonNeck


def plain_neck(in_channels=(1, 1), **options):
    """Width 1, no norm, every convolution an identity, so that values can be followed by hand."""
    neck = SkeletonNeck(**dict(dict(
        in_channels=in_channels, map_size=2, skeleton_size=2, channels=1, norm_cfg=None,
        output_activation='linear'), **options))
    for conv in neck.modules():
        if isinstance(conv, nn.Conv2d):
            nn.init.zeros_(conv.bias)
            nn.init.dirac_(conv.weight)
    return neck


def full(value, size, channels=1):
    return torch.full((1, channels, size, size), float(value))


def test_the_sum_of_the_maps_reaches_every_pixel():
    neck = plain_neck()
    nn.init.constant_(neck.laterals[0].conv.weight, 2.0)
    nn.init.constant_(neck.laterals[1].conv.weight, 10.0)
    y, = neck((full(3, 2), full(0.5, 1)))
    assert torch.equal(y, full(2 * 3 + 10 * 0.5, 2))
    # What is negative after the sum is cut, not before: 2 * 3 - 10 * 0.5 = 1.
    y, = neck([full(3, 2), full(-0.5, 1)])
    assert torch.equal(y, full(1, 2))
    y, = neck((full(-3, 2), full(0.5, 1)))
    assert torch.equal(y, full(0, 2))


def test_three_maps_each_go_through_their_own_lateral():
    neck = plain_neck(in_channels=(1, 1, 1), map_size=4, skeleton_size=4)
    for lateral, weight in zip(neck.laterals, (1.0, 10.0, 100.0)):
        nn.init.constant_(lateral.conv.weight, weight)
    y, = neck((full(1, 4), full(2, 2), full(3, 1)))
    assert torch.equal(y, full(321, 4))


def test_doublings_are_bilinear():
    neck = plain_neck(in_channels=1, skeleton_size=4)
    assert len(neck.refines) == 1
    y, = neck((torch.tensor([[[[0., 4.], [0., 4.]]]]), ))
    # Halfway between two pixels lie their quarter points; the border repeats.
    assert torch.allclose(y, torch.tensor([0., 1., 3., 4.]).expand(1, 1, 4, 4))


def test_activations():
    assert plain_neck(in_channels=1)((full(2, 2), ))[0].max() == 2
    tanh = plain_neck(in_channels=1, output_activation='tanh')
    assert torch.allclose(tanh((full(2, 2), ))[0], torch.tensor(2.0).tanh())


def test_levels_choose_and_order():
    maps = [full(1, 4), full(2, 2), full(4, 1)]
    assert torch.equal(plain_neck(levels=(1, 2))(maps)[0], full(2 + 4, 2))
    # A stack of hourglasses: the last one.
    stacks = [full(1, 2), full(5, 2)]
    assert torch.equal(plain_neck(in_channels=1, levels=(-1, ))(stacks)[0], full(5, 2))


def test_starts_unsaturated_whatever_the_scale_of_the_maps():
    neck = SkeletonNeck(in_channels=(64, 128), map_size=8, skeleton_size=32)
    neck.init_weights()
    maps = (1000 * torch.randn(4, 64, 8, 8), 0.001 * torch.randn(4, 128, 4, 4))
    y, = neck(maps)
    assert y.shape == (4, 1, 32, 32)
    # tanh's slope stays above a quarter: |y| < sqrt(3 / 4).
    assert (y.abs() < 0.75**0.5).float().mean() > 0.99 and y.std() > 0.03
    # Both maps count, though one is a million times the other.
    quiet, = neck((torch.zeros_like(maps[0]), maps[1]))
    assert quiet.std() > 0.03


def test_takes_what_a_stock_hourglass_gives():
    backbone = MODELS.build(dict(
        type='HourglassNet', downsample_times=1, num_stacks=1, stage_channels=(256, 8),
        stage_blocks=(1, 1), feat_channel=4))
    neck = SkeletonNeck(in_channels=4, levels=(-1, ), map_size=4, skeleton_size=8, channels=4)
    y, = neck(backbone(torch.randn(2, 3, 16, 16)))
    assert y.shape == (2, 1, 8, 8) and y.std() > 0


@pytest.mark.parametrize(('options', 'message'), [
    (dict(output_activation='relu'), 'output_activation must be one of'),
    (dict(map_size=3, skeleton_size=4), 'skeleton_size to map_size: 4 cannot be halved down to 3'),
    (dict(map_size=4, skeleton_size=2), 'skeleton_size to map_size: 2 cannot be halved down to 4'),
    (dict(levels=(0, 1, 2)), r'3 levels \(0, 1, 2\) but 2 in_channels \(1, 1\)'),
])
def test_options_that_cannot_be_met(options, message):
    with pytest.raises(ValueError, match=message):
        plain_neck(**options)


@pytest.mark.parametrize(('levels', 'maps', 'message'), [
    (None, [full(0, 2)], r'gives 1 maps, neck.in_channels \(1, 1\) names 2'),
    ((0, 3), [full(0, 2), full(0, 1)], 'asks for map 3, the backbone gives 2'),
    (None, [full(0, 2, 5), full(0, 1)], r'neck.in_channels is \(1, 1\), .* have \(5, 1\)'),
    (None, [full(0, 1), full(0, 2)], 'from the finest to the coarsest'),
    (None, [full(0, 4), full(0, 2)], r'neck.map_size=2 px, the finest chosen map is \(4, 4\) px'),
    (None, [torch.zeros(1, 1), full(0, 2)], r"output 0 of the backbone is \(1, 1\).*'featmap'"),
])
def test_maps_that_it_was_not_built_for(levels, maps, message):
    with pytest.raises(ValueError, match=message):
        plain_neck(levels=levels)(maps)


def test_a_bare_tensor_is_refused():
    with pytest.raises(TypeError, match='not a Tensor'):
        plain_neck()(full(0, 2))
