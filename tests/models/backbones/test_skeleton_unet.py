import pytest
import torch

from ikp_mm.models import SkeletonUNet


def unet(**options):
    return SkeletonUNet(**{**dict(image_size=16, skeleton_size=16, base_channels=4, num_levels=3),
                           **options})


def count(model):
    return sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize('skeleton_size', [16, 8])
def test_one_skeleton_image_of_the_chosen_size(skeleton_size):
    feats = unet(skeleton_size=skeleton_size)(torch.randn(2, 3, 16, 16))
    assert isinstance(feats, tuple) and len(feats) == 1
    assert feats[0].shape == (2, 1, skeleton_size, skeleton_size)


def test_skeleton_at_a_quarter_of_the_image():
    feats = unet(skeleton_size=4, num_levels=4)(torch.randn(2, 3, 16, 16))
    assert feats[0].shape == (2, 1, 4, 4)


def test_output_activation():
    bounded, linear = unet(output_activation='tanh'), unet(output_activation='linear')
    for model in (bounded, linear):
        torch.nn.init.zeros_(model.output.weight)
        torch.nn.init.constant_(model.output.bias, 2.)
    images = torch.randn(1, 3, 16, 16)
    assert (linear(images)[0] == 2).all()
    # tanh 2 = (e^2 - e^-2) / (e^2 + e^-2) = 0.964028
    assert bounded(images)[0].unique().item() == pytest.approx(0.964028, abs=1e-6)


@pytest.mark.parametrize('skeleton_size', [16, 8])
def test_every_weight_takes_part(skeleton_size):
    model = unet(skeleton_size=skeleton_size)
    model(torch.randn(2, 3, 16, 16))[0].square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_fine_detail_passes_through_the_skip_to_its_own_place():
    model = unet().eval()
    # Cut the way up from the coarse levels: the last merge takes 8 coarse, then 4 skip channels.
    with torch.no_grad():
        model.merges[-1].weight[:, :8] = 0
    images = torch.randn(1, 3, 16, 16)
    changed = images.clone()
    changed[..., 8, 8] += 1
    difference = (model(images)[0] - model(changed)[0]).abs()[0, 0]
    assert difference[8, 8] > 0
    # Convolutions of side 7, 3, 3, 3 on the way reach 3 + 1 + 1 + 1 = 6 pixels.
    assert (difference[:2] == 0).all() and (difference[:, 15] == 0).all()


def test_parameter_count_at_the_reference_size():
    assert count(SkeletonUNet()) == pytest.approx(3.1e6, rel=0.03)


def test_width_depth_norm_and_channels_are_options():
    assert count(unet(base_channels=8)) > count(unet())
    assert count(unet(num_levels=4)) > count(unet())
    # Without norm: a bias for the norm's two vectors.
    assert count(unet(norm_cfg=None)) < count(unet())
    assert unet(in_channels=1)(torch.zeros(1, 1, 16, 16))[0].shape == (1, 1, 16, 16)


@pytest.mark.parametrize('options, message', [
    (dict(output_activation='relu'), "'relu'"),
    (dict(skeleton_size=6), 'image_size to skeleton_size: 16 cannot'),
    (dict(skeleton_size=32), 'image_size to skeleton_size: 16 cannot'),
    (dict(skeleton_size=8, num_levels=2), 'num_levels=2 is too few.*at least 3'),
    (dict(image_size=20, skeleton_size=20, num_levels=4), r'image_size=20 must be divisible.*8'),
])
def test_refusals(options, message):
    with pytest.raises(ValueError, match=message):
        unet(**options)


def test_refuses_images_of_another_size():
    with pytest.raises(ValueError, match=r'built for 16 px images, got \(16, 32\).*input_size'):
        unet()(torch.zeros(1, 3, 16, 32))


def test_starts_from_a_checkpoint(tmp_path):
    trained, path = unet(), str(tmp_path / 'phi.pth')
    torch.save({f'backbone.{k}': v for k, v in trained.state_dict().items()}, path)
    fresh = unet(init_cfg=dict(type='Pretrained', checkpoint=path, prefix='backbone.'))
    fresh.init_weights()
    assert torch.equal(fresh.output.weight, trained.output.weight)
