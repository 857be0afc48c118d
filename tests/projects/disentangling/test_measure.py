"""The figures of a model that draws and reads keypoints as they are, and of one that ignores the move."""
from types import SimpleNamespace

import pytest
import torch

from projects.disentangling.measure import distance, grey_levels, moved

JOINTS, BY = [1, 2], 0.1


def model(psi):
    """Images, skeleton images and keypoints are the same tensors."""
    return SimpleNamespace(
        extract_feat=lambda images: (images, ), generator=lambda rendered, looks: psi(rendered, looks),
        head=SimpleNamespace(keypoints=lambda skeletons: skeletons, render=lambda keypoints: keypoints))


@pytest.fixture
def pairs():
    images = torch.rand(8, 4, 2) - 0.5
    return SimpleNamespace(images=images, appearances=images)


def test_a_drawing_that_follows(pairs):
    figures = moved(model(lambda rendered, looks: rendered), pairs, pairs.images, JOINTS, BY)
    torch.testing.assert_close(figures['percent of the way followed'], torch.full((8, ), 100.))
    torch.testing.assert_close(figures['moved joints from where they were'], torch.full((8, ), 10.))
    for name in ('moved joints from where they were put',
                 'other joints from where they were drawn before'):
        torch.testing.assert_close(figures[name], torch.zeros(8), atol=1e-5, rtol=0)


def test_a_drawing_that_shows_the_looks_pose(pairs):
    figures = moved(model(lambda rendered, looks: looks), pairs, pairs.images, JOINTS, BY)
    torch.testing.assert_close(figures['percent of the way followed'], torch.zeros(8))
    torch.testing.assert_close(figures['moved joints from where they were put'],
                               torch.full((8, ), 10.))


def test_units():
    """Unit coordinates span two; percent of the side."""
    first = torch.zeros(1, 2, 2)
    second = torch.tensor([[[2., 0.], [0., 0.]]])
    assert distance(first, second).item() == 50.0
    assert grey_levels(torch.tensor([[0., 10., 20.]]), torch.zeros(1, 3)).item() == 10.0
