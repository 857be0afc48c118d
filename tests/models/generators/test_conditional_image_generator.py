import pytest
import torch

from ikp_mm.models import ConditionalImageGenerator


def generator(**options):
    return ConditionalImageGenerator(**{
        **dict(image_size=16, skeleton_size=8, feature_size=4, base_channels=4), **options})


def count(model):
    return sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize('skeleton_size', [4, 8, 16])
@pytest.mark.parametrize('feature_size', [4, 2])
def test_reconstruction_has_the_image_size(skeleton_size, feature_size):
    model = generator(skeleton_size=skeleton_size, feature_size=feature_size)
    drawn = model(torch.randn(2, 1, skeleton_size, skeleton_size), torch.randn(2, 3, 16, 16))
    assert drawn.shape == (2, 3, 16, 16)


def test_both_inputs_meet_at_the_feature_size():
    model = generator()
    # base_channels * W / F = 4 * 16 / 4
    assert model.appearance_encoder(torch.zeros(1, 3, 16, 16)).shape == (1, 16, 4, 4)
    assert model.skeleton_encoder(torch.zeros(1, 1, 8, 8)).shape == (1, 16, 4, 4)


@pytest.mark.parametrize('skeleton_size, stem', [(16, 4), (8, 8), (4, 16)])
def test_a_smaller_skeleton_gets_a_wider_stem(skeleton_size, stem):
    # 16 channels at the 4 px features, halved once for every doubling of the side.
    encoder = generator(skeleton_size=skeleton_size).skeleton_encoder
    assert encoder.stages[0][0].conv.out_channels == stem
    assert encoder.stages[-1][1].conv.out_channels == 16


def test_the_result_depends_on_pose_and_on_appearance():
    model = generator().eval()
    skeletons, appearances = torch.randn(1, 1, 8, 8), torch.randn(1, 3, 16, 16)
    drawn = model(skeletons, appearances)
    assert not torch.allclose(model(-skeletons, appearances), drawn)
    assert not torch.allclose(model(skeletons, -appearances), drawn)


def test_gradients_reach_every_weight_and_both_inputs():
    model = generator()
    skeletons = torch.randn(2, 1, 8, 8, requires_grad=True)
    appearances = torch.randn(2, 3, 16, 16, requires_grad=True)
    model(skeletons, appearances).square().sum().backward()
    assert skeletons.grad.abs().sum() > 0 and appearances.grad.abs().sum() > 0
    assert all(p.grad is not None for p in model.parameters())


def test_output_activation():
    linear, bounded = generator(), generator(output_activation='tanh')
    for model in (linear, bounded):
        torch.nn.init.zeros_(model.output.weight)
        torch.nn.init.constant_(model.output.bias, 2.)
    inputs = torch.randn(1, 1, 8, 8), torch.randn(1, 3, 16, 16)
    assert (linear(*inputs) == 2).all()
    assert bounded(*inputs).unique().item() == pytest.approx(0.964028, abs=1e-6)  # tanh 2


def test_parameter_count_at_the_reference_size():
    assert count(ConditionalImageGenerator()) == pytest.approx(4.8e6, rel=0.03)


def test_width_norm_and_channels_are_options():
    assert count(generator(base_channels=8)) > count(generator())
    assert count(generator(norm_cfg=None)) < count(generator())
    gray = generator(out_channels=1)
    assert gray(torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 16, 16)).shape == (1, 1, 16, 16)


@pytest.mark.parametrize('options, message', [
    (dict(output_activation='relu'), "'relu'"),
    (dict(feature_size=5), 'image_size to feature_size: 16 cannot'),
    (dict(skeleton_size=6), 'skeleton_size to feature_size: 6 cannot'),
    (dict(skeleton_size=2), 'skeleton_size to feature_size: 2 cannot'),
])
def test_refusals(options, message):
    with pytest.raises(ValueError, match=message):
        generator(**options)


def test_one_channel_a_point_for_unnamed_points():
    model = generator(skeleton_channels=5).eval()
    maps, appearances = torch.rand(1, 5, 8, 8), torch.randn(1, 3, 16, 16)
    drawn = model(maps, appearances)
    # Points are told apart: the same maps in another order draw another image.
    assert not torch.allclose(model(maps.flip(1), appearances), drawn)
