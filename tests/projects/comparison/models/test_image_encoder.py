import pytest
import torch

from projects.comparison.models import ImageEncoder


def test_features_at_a_fraction_of_the_side():
    feats = ImageEncoder(image_size=16, feature_size=4, base_channels=4)(torch.zeros(2, 3, 16, 16))
    assert isinstance(feats, tuple) and len(feats) == 1
    assert feats[0].shape == (2, 16, 4, 4)  # 4 * 16 / 4 channels


def test_a_feature_sees_its_surroundings_and_no_more():
    # 7x7, 3x3, then stride 2: 3x3 and 3x3 of two pixels each: 4 + 1 + 2 = 7 rows up of row 2 f.
    encoder = ImageEncoder(image_size=32, feature_size=16, base_channels=2, norm_cfg=None).double()
    image = torch.zeros(1, 3, 32, 32, dtype=torch.float64, requires_grad=True)
    # ReLUs that pass everything, so that no path is cut by chance.
    for name, parameter in encoder.named_parameters():
        parameter.data.fill_(1. if name.endswith('weight') else 1.)
    encoder(image)[0][0, 0, 8, 8].backward()
    rows = image.grad.abs().sum(dim=(0, 1, 3)).nonzero().flatten().tolist()
    assert rows == list(range(16 - 7, 16 + 7 + 1))


def test_refusals():
    with pytest.raises(ValueError, match='image_size to feature_size: 16 cannot'):
        ImageEncoder(image_size=16, feature_size=5)
    with pytest.raises(ValueError, match='built for 16 px images'):
        ImageEncoder(image_size=16, feature_size=4)(torch.zeros(1, 3, 32, 32))
