import pytest
import torch
from mmcv.cnn import ConvModule
from torch import nn

from ikp_mm.models.layers import BN, ConvEncoder, conv_pair, halvings


def count(module):
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize('size, smaller, expected', [(64, 8, 3), (64, 64, 0), (24, 3, 3)])
def test_halvings(size, smaller, expected):
    assert halvings(size, smaller, 'a') == expected


@pytest.mark.parametrize('size, smaller', [(64, 12), (12, 2), (8, 16), (8, 0)])
def test_halvings_that_do_not_meet(size, smaller):
    with pytest.raises(ValueError, match=f'image: {size} cannot be halved down to {smaller}'):
        halvings(size, smaller, 'image')


def test_conv_pair_is_conv_norm_relu_twice():
    pair = conv_pair(3, 4, 2, BN, first_kernel=7)
    assert pair(torch.randn(2, 3, 8, 8)).shape == (2, 4, 4, 4)
    assert pair(torch.randn(2, 3, 8, 8)).min() >= 0
    # 3*4*7*7 + norm 2*4, then 4*4*3*3 + norm 2*4; no bias before a norm
    assert count(pair) == 588 + 8 + 144 + 8


def test_encoder_parameters_by_hand():
    # stem 1*4*49 + 8, 4*4*9 + 8; down 4*8*9 + 16, 8*8*9 + 16; project 8*2 + 2
    encoder = ConvEncoder(1, 2, base_channels=4, num_downs=1)
    assert count(encoder) == 204 + 152 + 304 + 592 + 18
    # Without norm each convolution has a bias instead of the norm's two vectors.
    assert count(ConvEncoder(1, 2, 4, 1, norm_cfg=None)) == 200 + 148 + 296 + 584 + 18


@pytest.mark.parametrize('num_downs', [0, 1, 3])
def test_encoder_halves_its_input(num_downs):
    encoder, side = ConvEncoder(3, 5, 4, num_downs), 16 // 2**num_downs
    assert encoder(torch.zeros(1, 3, 16, 16)).shape == (1, 5, side, side)


def test_encoder_widths_stop_doubling_at_max_channels():
    def widths(**options):
        encoder = ConvEncoder(3, 5, base_channels=4, num_downs=3, **options)
        return [stage[1].conv.out_channels for stage in encoder.stages]
    assert widths() == [4, 8, 16, 32]
    assert widths(max_channels=10) == [4, 8, 10, 10]


def test_encoder_output_is_neither_normed_nor_rectified():
    assert ConvEncoder(3, 5, base_channels=4, num_downs=1)(torch.randn(2, 3, 8, 8)).min() < 0


def test_reference_initialisation():
    encoder = ConvEncoder(3, 64, base_channels=32, num_downs=2)
    encoder.init_weights()
    convs = [m for m in encoder.modules() if isinstance(m, nn.Conv2d)]
    norms = [m for m in encoder.modules() if isinstance(m, nn.BatchNorm2d)]
    weights = torch.cat([m.weight.flatten() for m in convs])
    assert weights.std().item() == pytest.approx(0.02, rel=0.02)
    assert weights.mean().abs() < 1e-3
    scales = torch.cat([m.weight.flatten() for m in norms])
    assert scales.mean().item() == pytest.approx(1, abs=5e-3)
    assert scales.std().item() == pytest.approx(0.02, rel=0.2)
    assert all((m.bias == 0).all() for m in norms) and (encoder.project.bias == 0).all()


def test_initialisation_is_an_option():
    encoder = ConvEncoder(3, 4, 4, 1, init_cfg=dict(type='Constant', layer='Conv2d', val=0.5))
    encoder.init_weights()
    assert all((m.conv.weight == 0.5).all() for m in encoder.modules() if isinstance(m, ConvModule))
