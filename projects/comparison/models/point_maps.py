"""Heatmaps to points with their variances, and points to Gaussian maps.

Sources: Jakab et al., NeurIPS 2018 (arXiv 1806.07823), section 3.1; Zhang et al., CVPR 2018,
section 3.1. Both locate a point as the mean of a softmax and draw it again as a Gaussian.

Convention: (x, y), unit coordinates in [-1, 1] (:mod:`ikp_mm.ops.coords`).
"""
from __future__ import annotations

import torch
from torch import Tensor

from ikp_mm.ops.coords import pixel_grid

NORMALISATIONS = ('marginal', 'spatial')


def heatmap_moments(heatmaps: Tensor, normalisation: str) -> tuple[Tensor, Tensor]:
    """Mean and variance of the distribution that each heatmap's logits describe.

    - ``'marginal'`` (Jakab et al. 2018): the heatmap is averaged over one axis and a softmax taken
      over the other; the means are those of :func:`ikp_mm.ops.marginal_soft_argmax`.
    - ``'spatial'`` (Zhang et al. 2018): one softmax over all cells, then summed over each axis.

    Args:
        heatmaps (Tensor): (N, K, H, W), logits. The support spans [-1, 1] end to end.
        normalisation (str): one of the two.

    Returns:
        tuple[Tensor, Tensor]: means (N, K, 2) in [-1, 1]; variances (N, K, 2) along x and y.

    Raises:
        ValueError: ``heatmaps`` is not 4-dimensional, unknown normalisation.

    Example, a flat heatmap of 3 x 3 cells, which lie at -1, 0 and 1::

        >>> heatmap_moments(torch.zeros(1, 1, 3, 3), 'spatial')
        (tensor([[[0., 0.]]]), tensor([[[0.6667, 0.6667]]]))
    """
    if heatmaps.dim() != 4:
        raise ValueError(f'heatmaps must be (N, K, H, W), got shape {tuple(heatmaps.shape)}')
    if normalisation not in NORMALISATIONS:
        raise ValueError(f'normalisation must be one of {NORMALISATIONS}, got {normalisation!r}')
    if normalisation == 'marginal':
        marginals = [heatmaps.mean(dim=dim).softmax(dim=-1) for dim in (2, 3)]
    else:
        cells = heatmaps.flatten(2).softmax(dim=-1).view_as(heatmaps)
        marginals = [cells.sum(dim=dim) for dim in (2, 3)]
    means, variances = [], []
    for marginal in marginals:  # (N, K, L): rows summed away leave x, columns leave y
        support = torch.linspace(-1, 1, marginal.shape[-1], device=heatmaps.device,
                                 dtype=heatmaps.dtype)
        mean = (marginal * support).sum(dim=-1)
        means.append(mean)
        variances.append((marginal * (support - mean[..., None]).square()).sum(dim=-1))
    return torch.stack(means, dim=-1), torch.stack(variances, dim=-1)


def gaussian_maps(points: Tensor, size: int, sigma: float) -> Tensor:
    """``exp(-|u - p|^2 / sigma^2)`` for every pixel u of a square map, one map a point.

    Args:
        points (Tensor): (N, K, 2) unit coordinates; outside [-1, 1] is legal.
        size (int): side S of the maps; pixel i lies at ``2 i / S - 1``.
        sigma (float): width in unit coordinates.

    Returns:
        Tensor: (N, K, S, S) in [0, 1], indexed [.., y, x].

    Raises:
        ValueError: sigma not positive.

    Example, a point in the middle and the pixels of the row y = 0::

        >>> gaussian_maps(torch.zeros(1, 1, 2), 4, sigma=0.5)[0, 0, 2]
        tensor([0.0183, 0.3679, 1.0000, 0.3679])
    """
    if sigma <= 0:
        raise ValueError(f'sigma must be positive, got {sigma}')
    grid = pixel_grid(size, device=points.device, dtype=points.dtype)
    # The square is separable: two (N, K, S) factors instead of an (N, K, S, S, 2) distance.
    columns, rows = torch.exp(-((grid - points[..., None]) / sigma).square()).unbind(dim=2)
    return rows[..., :, None] * columns[..., None, :]
