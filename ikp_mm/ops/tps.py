"""Thin-plate-spline warps of images.

Source: Bookstein 1989; used to perturb the appearance frame as in Jakab et al. 2018, section 4.
"""
from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def _radial(points: Tensor, centres: Tensor) -> Tensor:
    """``U(r) = r^2 log r^2`` between (N, P, 2) and (N, C, 2): (N, P, C); 0 at r = 0."""
    squared = (points[:, :, None] - centres[:, None]).square().sum(dim=-1)
    return squared * squared.clamp(min=1e-12).log()


def thin_plate_warp(images: Tensor, centres: Tensor, displacements: Tensor,
                    padding_mode: str = 'border') -> Tensor:
    """Sample ``images`` at positions moved by the spline through the given displacements.

    Output pixel u shows the input at ``f(u)``, where f is the thin-plate spline with
    ``f(c) = c + d`` for every centre c and its displacement d. Zero displacements give the input.

    Convention: (x, y), unit coordinates, pixel i at ``2 i / S - 1``.

    Args:
        images (Tensor): (N, C, S, S) float.
        centres (Tensor): (N, P, 2) in [-1, 1], P >= 3, not all on one line.
        displacements (Tensor): (N, P, 2) in the same units.
        padding_mode (str): what lies outside, as in ``grid_sample``.

    Returns:
        Tensor: (N, C, S, S).

    Raises:
        ValueError: fewer than 3 centres, or shapes that do not match.
    """
    if centres.shape != displacements.shape or centres.shape[1] < 3:
        raise ValueError('centres and displacements must both be (N, P >= 3, 2), got '
                         f'{tuple(centres.shape)} and {tuple(displacements.shape)}')
    num, points, _ = centres.shape
    size = images.shape[-1]
    ones = centres.new_ones(num, points, 1)
    affine = torch.cat([ones, centres], dim=-1)  # (N, P, 3)
    system = torch.cat([
        torch.cat([_radial(centres, centres), affine], dim=-1),
        torch.cat([affine.transpose(1, 2), centres.new_zeros(num, 3, 3)], dim=-1),
    ], dim=1)  # (N, P + 3, P + 3)
    values = torch.cat([displacements, centres.new_zeros(num, 3, 2)], dim=1)
    weights = torch.linalg.solve(system, values)  # (N, P + 3, 2)
    axis = 2 * torch.arange(size, device=images.device, dtype=centres.dtype) / size - 1
    ys, xs = torch.meshgrid(axis, axis, indexing='ij')
    pixels = torch.stack([xs, ys], dim=-1).reshape(1, -1, 2).expand(num, -1, -1)  # (N, S*S, 2)
    basis = torch.cat([_radial(pixels, centres), pixels.new_ones(num, size * size, 1), pixels],
                      dim=-1)
    moved = pixels + basis @ weights
    # grid_sample(align_corners=False) puts pixel i at (2 i + 1) / S - 1: half a pixel further.
    grid = (moved + 1 / size).reshape(num, size, size, 2)
    return F.grid_sample(images, grid, padding_mode=padding_mode, align_corners=False)
