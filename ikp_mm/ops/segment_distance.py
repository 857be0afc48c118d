"""Squared distance from every pixel to every line segment.

Source: the distance inside the renderer beta of arXiv 1907.02055, section 3.2. The renderer calls
:func:`ikp_mm.ops.nearest_segment_distance`, which gives the minimum over the segments of this one.
"""
from __future__ import annotations

from torch import Tensor

from .coords import pixel_grid


def squared_segment_distance(starts: Tensor, ends: Tensor, size: int) -> Tensor:
    """``d^2(u) = min_{t in [0,1]} |u - (a + t (b - a))|^2`` for every pixel u of a square image.

    With ``r = u - a`` and ``e = b - a`` it is ``|r - t e|^2`` at ``t = clamp(r.e / |e|^2, 0, 1)``.
    Everything is kept as separate (N, E, S, S) planes that broadcast from rows and columns; no
    (N, E, S, S, 2) tensor is made. A segment of no length (both joints in one place) is the
    distance to the point, with finite gradients.

    Convention: (x, y), unit coordinates, pixel i at ``2 i / S - 1``.

    Args:
        starts, ends (Tensor): (N, E, 2) segment ends, any range (outside the frame is fine).
        size (int): side S of the image.

    Returns:
        Tensor: (N, E, S, S) squared distances, indexed [.., y, x].

    Raises:
        ValueError: when the shapes of ``starts`` and ``ends`` differ.

    Example, a segment along y = 0 and the pixels of the column x = 0::

        >>> start, end = torch.tensor([[[-1., 0.]]]), torch.tensor([[[0.5, 0.]]])
        >>> squared_segment_distance(start, end, 4)[0, 0, :, 2]
        tensor([1.0000, 0.2500, 0.0000, 0.2500])
    """
    if starts.shape != ends.shape or starts.shape[-1] != 2:
        raise ValueError('starts and ends must both be (N, E, 2), got '
                         f'{tuple(starts.shape)} and {tuple(ends.shape)}')
    grid = pixel_grid(size, device=starts.device, dtype=starts.dtype)
    edge_x, edge_y = (ends - starts)[..., None, None].unbind(dim=2)  # each (N, E, 1, 1)
    from_x = grid - starts[..., 0, None, None]  # (N, E, 1, S): along columns
    from_y = grid[:, None] - starts[..., 1, None, None]  # (N, E, S, 1): along rows
    squared_length = (edge_x.square() + edge_y.square()).clamp(min=1e-6)
    position = ((from_x * edge_x + from_y * edge_y) / squared_length).clamp(0, 1)  # (N, E, S, S)
    return (from_x - position * edge_x).square() + (from_y - position * edge_y).square()
