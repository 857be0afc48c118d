"""beta: keypoints to skeleton image.

Paper: Jakab et al., CVPR 2020 (arXiv 1907.02055), section 3.2, the handcrafted bottleneck.
"""
from __future__ import annotations

from typing import Optional, Sequence

import torch
from torch import Tensor, nn

from ...ops import nearest_segment_distance

FALLOFFS = ('exponential', 'gaussian')


class SkeletonRenderer(nn.Module):
    """Draw a stick figure; analytic, differentiable, no parameters.

    ``beta(p)_u = max_{(i,j) in E} f(d_ij(u))`` with d the distance from pixel u to the segment
    from p_i to p_j, and, per ``falloff``:

    - ``'exponential'``: ``f = exp(-sqrt(d^2 + 1e-6) / sigma^2)``, the released reference;
    - ``'gaussian'``: ``f = exp(-d^2 / sigma^2)``, the squared distance.

    f falls with d, so the minimum over edges is taken first
    (:func:`ikp_mm.ops.nearest_segment_distance`) and one exp after.

    Convention: (x, y), unit coordinates in [-1, 1] (:mod:`ikp_mm.ops.coords`); distances and sigma
    in the same units. The image is scaled to ``2 beta - 1``: background -1, limbs up to 1.

    Args:
        edges (Sequence[tuple[int, int]]): joint index pairs; joints without an edge are not drawn.
        size (int): side S of the skeleton image.
        sigma (float): width of the lines (reference: 0.2, with ``'exponential'``).
        falloff (str): ``'exponential'`` or ``'gaussian'``.

    Raises:
        ValueError: no edge, unknown falloff, sigma not positive.
    """

    def __init__(self, edges: Sequence[tuple[int, int]], size: int, sigma: float = 0.2,
                 falloff: str = 'exponential') -> None:
        super().__init__()
        if not edges:
            raise ValueError('a skeleton without an edge cannot be drawn')
        if falloff not in FALLOFFS:
            raise ValueError(f'falloff must be one of {FALLOFFS}, got {falloff!r}')
        if sigma <= 0:
            raise ValueError(f'sigma must be positive, got {sigma}')
        self.size, self.sigma, self.falloff = size, sigma, falloff
        starts, ends = zip(*edges)
        # Derived from the topology: no training state, so not in checkpoints.
        self.register_buffer('starts', torch.tensor(starts), persistent=False)
        self.register_buffer('ends', torch.tensor(ends), persistent=False)

    def forward(self, keypoints: Tensor, visible: Optional[Tensor] = None) -> Tensor:
        """Render.

        Args:
            keypoints (Tensor): (N, K, 2) unit coordinates; outside [-1, 1] is legal.
            visible (Tensor | None): (N, K) bool; edges with an invisible end are left out. All
                joints are visible when None.

        Returns:
            Tensor: (N, 1, S, S) in [-1, 1]; float32 from keypoints in half precision.
        """
        included = None
        if visible is not None:
            included = visible[:, self.starts] & visible[:, self.ends]  # (N, E)
        # (N, 1, S, S); without an included edge farther than any line reaches, but finite: exp
        # gives 0.
        nearest = nearest_segment_distance(
            keypoints[:, self.starts], keypoints[:, self.ends], self.size, included)
        if self.falloff == 'exponential':
            nearest = (nearest + 1e-6).sqrt()
        return 2 * torch.exp(-nearest / self.sigma**2) - 1

    def extra_repr(self) -> str:
        return (f'edges={len(self.starts)}, size={self.size}, sigma={self.sigma}, '
                f'falloff={self.falloff!r}')
