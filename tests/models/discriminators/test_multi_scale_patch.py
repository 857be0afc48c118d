import pytest
import torch
from torch.nn import functional as F

from ikp_mm.models import MultiScalePatchDiscriminator


def discriminator(**options):
    return MultiScalePatchDiscriminator(**{
        **dict(skeleton_size=32, base_channels=4, scales=(1, 0.5), num_strided=2), **options})


def count(model):
    return sum(p.numel() for p in model.parameters())


def test_one_score_map_a_scale():
    # 4x4 convolutions with padding 1: stride 2 halves, stride 1 takes one pixel off.
    # 32 -> 16 -> 8 -> 7 -> 6 and 16 -> 8 -> 4 -> 3 -> 2
    scores = discriminator()(torch.randn(3, 1, 32, 32))
    assert [tuple(s.shape) for s in scores] == [(3, 1, 6, 6), (3, 1, 2, 2)]


def test_strided_layers_may_differ_by_scale():
    # 16 -> 8 -> 7 -> 6
    scores = discriminator(num_strided=(2, 1))(torch.randn(1, 1, 32, 32))
    assert [s.shape[-1] for s in scores] == [6, 6]


def test_score_sizes_of_the_reference():
    # 128 -> 64 -> 32 -> 16 -> 15 -> 14; half and quarter: 6 and 2
    with torch.no_grad():
        scores = MultiScalePatchDiscriminator(base_channels=2)(torch.randn(1, 1, 128, 128))
    assert [s.shape[-1] for s in scores] == [14, 6, 2]


def test_each_scale_has_its_own_network_on_the_resized_image():
    model, skeletons = discriminator(), torch.randn(2, 1, 32, 32)
    full, half = model(skeletons)
    torch.testing.assert_close(full, model.networks[0](skeletons))
    # Bilinear at exactly one half is the mean of 2x2 pixels.
    torch.testing.assert_close(half, model.networks[1](F.avg_pool2d(skeletons, 2)))
    assert model.networks[0] is not model.networks[1]


def test_parameters_by_hand():
    # 1*4*16 + 4; 4*8*16 and 8*16*16 without bias before InstanceNorm; 16*1*16 + 1
    assert count(discriminator(scales=(1, ))) == 68 + 512 + 2048 + 257
    assert count(discriminator()) == 2 * (68 + 512 + 2048 + 257)
    # BatchNorm adds a scale and a shift to the two inner layers.
    assert count(discriminator(scales=(1, ), norm_cfg=dict(type='BN'))) == 2885 + 2 * (8 + 16)


def test_parameter_count_at_the_reference_size():
    assert count(MultiScalePatchDiscriminator()) == pytest.approx(8.3e6, rel=0.03)


def test_channels_are_an_option():
    scores = discriminator(in_channels=3)(torch.randn(1, 3, 32, 32))
    assert scores[0].shape == (1, 1, 6, 6)


def test_every_weight_and_the_image_get_gradients():
    model = discriminator()
    skeletons = torch.randn(2, 1, 32, 32, requires_grad=True)
    sum(s.square().sum() for s in model(skeletons)).backward()
    assert skeletons.grad.abs().sum() > 0
    assert all(p.grad is not None for p in model.parameters())


@pytest.mark.parametrize('options, message', [
    # 8 -> 4 -> 2 -> 1 -> 0
    (dict(scales=(1, 0.25)), r'8 px image \(scale 0.25\) leaves no score after 2'),
    (dict(scales=(1, 0.3)), 'skeleton_size to its scales: 32 cannot'),
    (dict(num_strided=(2, 2, 2)), r'num_strided=\(2, 2, 2\).*2 scales'),
])
def test_refusals(options, message):
    with pytest.raises(ValueError, match=message):
        discriminator(**options)
