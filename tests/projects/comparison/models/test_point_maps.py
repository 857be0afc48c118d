import math

import pytest
import torch

from ikp_mm.ops import marginal_soft_argmax
from projects.comparison.models.point_maps import gaussian_maps, heatmap_moments


def test_marginal_means_are_those_of_the_marginal_soft_argmax():
    heatmaps = torch.randn(2, 3, 5, 7, dtype=torch.float64)
    means, _ = heatmap_moments(heatmaps, 'marginal')
    torch.testing.assert_close(means, marginal_soft_argmax(heatmaps))


@pytest.mark.parametrize('normalisation', ['marginal', 'spatial'])
def test_a_flat_heatmap_lies_in_the_middle_and_is_wide(normalisation):
    # Support -1, 0, 1, each a third: mean 0, variance 2/3.
    means, variances = heatmap_moments(torch.zeros(1, 1, 3, 3), normalisation)
    torch.testing.assert_close(means, torch.zeros(1, 1, 2))
    torch.testing.assert_close(variances, torch.full((1, 1, 2), 2 / 3))


def test_spatial_moments_by_hand():
    # Weights 3 : 1 on the left and right cell of the top row of 2 x 2; the bottom row is nothing.
    heatmaps = torch.tensor([[[[math.log(3.), 0.], [-100., -100.]]]])
    means, variances = heatmap_moments(heatmaps, 'spatial')
    # x: 3/4 at -1, 1/4 at 1: mean -1/2, variance 3/4 * 1/4 + 1/4 * 9/4. y: all at -1.
    torch.testing.assert_close(means, torch.tensor([[[-0.5, -1.]]]))
    torch.testing.assert_close(variances, torch.tensor([[[0.75, 0.]]]))


def test_the_two_normalisations_differ():
    # A single hot cell: spatial finds it; marginal means over a row first and stays vaguer.
    heatmaps = torch.zeros(1, 1, 4, 4)
    heatmaps[..., 0, 3] = 20.
    spatial, marginal = (heatmap_moments(heatmaps, kind)[0] for kind in ('spatial', 'marginal'))
    torch.testing.assert_close(spatial, torch.tensor([[[1., -1.]]]))
    # Marginal logits 0, 0, 0, 5: e^5 = 148.4 against three ones at -1, -1/3, 1/3.
    expected = (math.exp(5) - 1) / (math.exp(5) + 3)
    torch.testing.assert_close(marginal, torch.tensor([[[expected, -expected]]]))


def test_gaussian_by_hand():
    # 4 px: centres at -1, -1/2, 0, 1/2. Point at (0, -1/2): row 1, column 2.
    maps = gaussian_maps(torch.tensor([[[0., -0.5]]]), 4, sigma=0.5)
    assert maps.shape == (1, 1, 4, 4)
    assert maps[0, 0, 1, 2] == 1
    # One pixel aside is one sigma: e^-1; diagonally e^-2.
    torch.testing.assert_close(maps[0, 0, 1, 3], torch.tensor(math.exp(-1)))
    torch.testing.assert_close(maps[0, 0, 2, 2], torch.tensor(math.exp(-1)))
    torch.testing.assert_close(maps[0, 0, 0, 3], torch.tensor(math.exp(-2)))


def test_gaussian_against_the_full_distance():
    points = torch.rand(2, 3, 2, dtype=torch.float64) * 2.4 - 1.2
    grid = 2 * torch.arange(6, dtype=torch.float64) / 6 - 1
    pixels = torch.stack(torch.meshgrid(grid, grid, indexing='xy'), dim=-1)  # (y, x, 2)
    squared = (pixels - points[:, :, None, None]).square().sum(dim=-1)
    torch.testing.assert_close(gaussian_maps(points, 6, 0.3), torch.exp(-squared / 0.09))


def test_a_gaussian_map_leads_back_to_its_point():
    points = torch.tensor([[[0.25, -0.5], [-0.5, 0.]]], dtype=torch.float64)
    maps = gaussian_maps(points, 32, 0.15)
    grid = 2 * torch.arange(32, dtype=torch.float64) / 32 - 1
    mass = maps / maps.sum(dim=(2, 3), keepdim=True)
    found = torch.stack([(mass.sum(dim=2) * grid).sum(-1), (mass.sum(dim=3) * grid).sum(-1)], -1)
    torch.testing.assert_close(found, points, atol=1e-6, rtol=0)


def test_gradients():
    heatmaps = torch.randn(1, 2, 3, 4, dtype=torch.float64, requires_grad=True)
    for kind in ('marginal', 'spatial'):
        assert torch.autograd.gradcheck(lambda h: heatmap_moments(h, kind), heatmaps)
    points = torch.randn(1, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda p: gaussian_maps(p, 4, 0.4), points)


def test_refusals():
    with pytest.raises(ValueError, match=r'must be \(N, K, H, W\)'):
        heatmap_moments(torch.zeros(3, 4, 4), 'spatial')
    with pytest.raises(ValueError, match="'softmax'"):
        heatmap_moments(torch.zeros(1, 1, 4, 4), 'softmax')
    with pytest.raises(ValueError, match='sigma'):
        gaussian_maps(torch.zeros(1, 1, 2), 4, 0.)
