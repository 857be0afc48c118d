import math

import pytest
import torch

from projects.comparison.models import GaussianPointHead

CODEC = dict(type='RegressionLabel', input_size=(16, 16))


def head(**options):
    return GaussianPointHead(**{**dict(in_channels=2, num_points=2, map_size=4, decoder=CODEC),
                                **options})


def showing(made, logits):
    """The head's heatmaps are its two input channels."""
    made.heatmaps.weight.data = torch.eye(2)[..., None, None]
    made.heatmaps.bias.data.zero_()
    return logits


@pytest.mark.parametrize('normalisation', ['marginal', 'spatial'])
def test_points_where_the_heatmaps_are_hot(normalisation):
    made = head(normalisation=normalisation)
    features = torch.zeros(1, 2, 3, 3)
    features[0, 0, 0, 2] = 300.  # top right
    features[0, 1, 1, 1] = 300.  # middle
    points = made((showing(made, features), ))
    torch.testing.assert_close(points, torch.tensor([[[1., 0.], [0.5, 0.5]]]))
    instance, = made.predict((features, ), [None])
    assert instance.keypoints.tolist() == [[[16, 0], [8, 8]]]
    assert instance.keypoint_scores.tolist() == [[1, 1]]


def test_renders_with_its_width():
    maps = head(sigma=0.5).render(torch.tensor([[[0., 0.], [-1., -1.]]]))
    assert maps.shape == (1, 2, 4, 4)
    assert maps[0, 0, 2, 2] == 1 and maps[0, 1, 0, 0] == 1
    torch.testing.assert_close(maps[0, 0, 2, 3], torch.tensor(math.exp(-1)))


def test_unnamed_points_have_neither_mirror_nor_label():
    made = head()
    with pytest.raises(ValueError, match='flip_test=False'):
        made.predict((torch.zeros(1, 2, 3, 3), ), [None], dict(flip_test=True))
    with pytest.raises(NotImplementedError, match='IMM or Zhang2018'):
        made.loss((torch.zeros(1, 2, 3, 3), ), [])


@pytest.mark.parametrize('options, message', [
    (dict(num_points=0), 'num_points'), (dict(sigma=0.), 'sigma'),
    (dict(normalisation='hard'), "'hard'")])
def test_refusals(options, message):
    with pytest.raises(ValueError, match=message):
        head(**options)
