import pytest
import torch

from projects.comparison.models import DescriptorImageDecoder


def decoder(**options):
    return DescriptorImageDecoder(**{**dict(num_points=2, in_channels=3, image_size=8, map_size=4,
                                            descriptor_dim=3, base_channels=4), **options})


def passing(made):
    """Features are the input's channels, and each point's linear map is the identity."""
    made.features.weight.data = torch.eye(3)[..., None, None]
    made.features.bias.data.zero_()
    made.descriptors.weight.data = torch.eye(3).repeat(3, 1)[..., None]
    made.descriptors.bias.data.zero_()
    return made


def test_a_descriptor_is_what_lies_under_its_map():
    made = passing(decoder())
    features = torch.zeros(1, 3, 4, 4)
    features[0, :, 1, 2] = torch.tensor([1., 2., 3.])
    maps = torch.zeros(1, 2, 4, 4)
    maps[0, 0, 1, 2] = 0.5  # all of its weight on that place
    maps[0, 1, 1, 2] = maps[0, 1, 0, 0] = 1.  # half of it
    described = made.describe(features, maps)
    expected = torch.tensor([1., 2., 3.])
    torch.testing.assert_close(described[0], torch.stack([expected, expected / 2, expected / 16]))


def test_each_point_has_its_own_linear_map():
    made = passing(decoder())
    made.descriptors.weight.data[3:6] *= 2  # the second point's
    maps = torch.ones(1, 2, 4, 4)
    first, second, background = made.describe(torch.ones(1, 3, 4, 4), maps)[0]
    torch.testing.assert_close(second, 2 * first)
    torch.testing.assert_close(background, first)


def test_nothing_but_maps_and_descriptors_reaches_the_image():
    """Features may change as they like where no point lies, if their mean stays."""
    made = decoder().eval()
    features, maps = torch.randn(1, 3, 4, 4), torch.zeros(1, 2, 4, 4)
    maps[0, :, 0, 0] = 1.
    other = features.clone()
    other[0, :, 2, 2], other[0, :, 3, 3] = features[0, :, 3, 3], features[0, :, 2, 2]
    drawn = made(features, maps)
    assert drawn.shape == (1, 3, 8, 8)
    torch.testing.assert_close(made(other, maps), drawn)
    other[0, :, 0, 0] += 1.
    assert not torch.allclose(made(other, maps), drawn)


def test_refusals():
    with pytest.raises(ValueError, match='image_size to map_size'):
        decoder(map_size=3)
    with pytest.raises(ValueError, match='background'):
        decoder(background=0.)
