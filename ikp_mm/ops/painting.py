"""Signed distances of painted shapes: positive outside of a shape, negative inside.

Convention: (x, y), unit coordinates, pixel i of a side of S (``size``) at ``2 i / S - 1``
(:mod:`ikp_mm.ops.coords`); distances and radii in the same units. ``starts`` and ``ends`` are
(N, E, 2), and distances (N, E, S, S), indexed [.., y, x].
"""
from __future__ import annotations

import torch
from torch import Tensor

from .coords import pixel_grid
from .segment_distance import nearest_segment_distance, squared_segment_distance


def limb_distance(starts: Tensor, ends: Tensor, start_radii: Tensor, end_radii: Tensor,
                  size: int) -> Tensor:
    """Signed distance to limbs whose radius changes linearly from end to end.

    With t the place of the nearest point of the axis, ``|u - (a + t e)| - ((1-t) r_a + t r_b)``:
    exact for equal radii (N, E), and close to it for others.

    Example, a disc about the middle and the pixels of the row y = 0::

        >>> centre, radius = torch.zeros(1, 1, 2), torch.full((1, 1), 0.5)
        >>> limb_distance(centre, centre, radius, radius, 4)[0, 0, 2]
        tensor([ 0.5000,  0.0000, -0.5000,  0.0000])
    """
    squared, place = squared_segment_distance(starts, ends, size)
    start_radii, end_radii = start_radii[..., None, None], end_radii[..., None, None]
    return squared.sqrt() - (start_radii + place * (end_radii - start_radii))


def line_distance(starts: Tensor, ends: Tensor, size: int) -> Tensor:
    """Distance to the nearest of E segments, (N, S, S); not signed.

    >>> centre = torch.zeros(1, 1, 2)
    >>> line_distance(centre, centre, 4)[0, 2]
    tensor([1.0000, 0.5000, 0.0000, 0.5000])
    """
    return nearest_segment_distance(starts, ends, size)[:, 0].sqrt()


def oval_distance(starts: Tensor, ends: Tensor, half_widths: Tensor, tapers: Tensor,
                  size: int) -> Tensor:
    """Approximate signed distance to eggs with ``starts`` and ``ends`` at their tips.

    With (a, c) the pixel along and across the axis from its middle, L half the length and
    ``w(a) = w (1 + taper a / L)``: ``(sqrt((a/L)^2 + (c/w(a))^2) - 1) min(L, w)``.

    Args:
        half_widths (Tensor): (N, E), w.
        tapers (Tensor): (N, E) in (-1, 1); positive is wider towards ``ends``.

    Example, a disc about the middle and the pixels of the row y = 0::

        >>> start, end = torch.tensor([[[-0.5, 0.]]]), torch.tensor([[[0.5, 0.]]])
        >>> oval_distance(start, end, torch.full((1, 1), 0.5), torch.zeros(1, 1), 4)[0, 0, 2]
        tensor([ 0.5000,  0.0000, -0.5000,  0.0000])
    """
    grid = pixel_grid(size, device=starts.device, dtype=starts.dtype)
    middle, axis = (starts + ends) / 2, (ends - starts) / 2
    half_length = axis.norm(dim=-1).clamp(min=1e-3)[..., None, None]
    x, y = (grid - middle[..., 0, None, None]), (grid[:, None] - middle[..., 1, None, None])
    along_x, along_y = (axis[..., None, None] / half_length[:, :, None]).unbind(dim=2)
    along = (x * along_x + y * along_y) / half_length
    across = x * along_y - y * along_x
    half_widths = half_widths[..., None, None].clamp(min=1e-3)
    width = half_widths * (1 + tapers[..., None, None] * along.clamp(-1, 1))
    radius = (along.square() + (across / width).square()).sqrt()
    return (radius - 1) * torch.minimum(half_length, half_widths)


def polygon_distance(corners: Tensor, size: int) -> Tensor:
    """Signed distance (N, S, S) to filled polygons, even-odd where they cross themselves.

    ``corners`` are (N, M, 2), M >= 3, in order.

    Example, a square about the middle and the pixels of the row y = 0::

        >>> corners = 0.75 * torch.tensor([[[-1., -1.], [1., -1.], [1., 1.], [-1., 1.]]])
        >>> polygon_distance(corners, 4)[0, 2]
        tensor([ 0.2500, -0.2500, -0.7500, -0.2500])
    """
    following = corners.roll(-1, dims=1)
    outline = line_distance(corners, following, size)
    grid = pixel_grid(size, device=corners.device, dtype=corners.dtype)
    x, y = grid, grid[:, None]
    x0, y0 = corners[..., 0, None, None], corners[..., 1, None, None]
    x1, y1 = following[..., 0, None, None], following[..., 1, None, None]
    # A ray to the right crosses the edge: its ends lie on both sides of the row, and the crossing
    # right of the pixel.
    straddles = (y0 > y) != (y1 > y)  # (N, M, S, 1)
    height = y1 - y0
    height = torch.where(height.abs() < 1e-9, torch.full_like(height, 1e-9), height)
    crossing = x0 + (y - y0) / height * (x1 - x0)
    # Where a row is not straddled the crossing lies left of every pixel.
    crossing = crossing.masked_fill(~straddles, -float('inf'))  # (N, M, S, 1)
    inside = (x < crossing).sum(dim=1) % 2 == 1
    return torch.where(inside, -outline, outline)
