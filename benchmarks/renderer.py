"""The renderer alone, beside beta as one would first write it down: time and peak memory.

Paper: Jakab et al., CVPR 2020 (arXiv 1907.02055), section 3.2.
"""
from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ikp_mm.models import SkeletonRenderer

from .timing import alternate, peak_memory


class ReferenceRenderer(nn.Module):
    """``max_e f(d_e(u))`` term by term: every edge on a grid of its own, and plain autograd.

    Arguments, convention and values are those of :class:`ikp_mm.models.SkeletonRenderer`; nothing
    of it is used here. Memory and time grow with edges x pixels x 2.
    """

    def __init__(self, edges: Sequence[tuple[int, int]], size: int, sigma: float = 0.2,
                 falloff: str = 'exponential') -> None:
        super().__init__()
        self.edges, self.size, self.sigma, self.falloff = list(edges), size, sigma, falloff

    def forward(self, keypoints: Tensor, visible: Tensor | None = None) -> Tensor:
        """(N, K, 2) in [-1, 1], and which of them are there (N, K), to (N, 1, S, S) in [-1, 1]."""
        axis = 2 * torch.arange(self.size, device=keypoints.device, dtype=keypoints.dtype)
        ys, xs = torch.meshgrid([axis / self.size - 1] * 2, indexing='ij')
        pixels = torch.stack([xs, ys], dim=-1)  # (S, S, 2)
        first, second = ([edge[end] for edge in self.edges] for end in (0, 1))
        start = keypoints[:, first, None, None]  # (N, E, 1, 1, 2)
        limb = keypoints[:, second, None, None] - start

        offset = pixels - start  # (N, E, S, S, 2)
        length = (limb**2).sum(dim=-1, keepdim=True).clamp(min=1e-6)
        position = ((offset * limb).sum(dim=-1, keepdim=True) / length).clamp(0, 1)
        squared = ((offset - position * limb)**2).sum(dim=-1)  # (N, E, S, S)

        distance = squared if self.falloff == 'gaussian' else (squared + 1e-6).sqrt()
        lines = torch.exp(-distance / self.sigma**2)
        if visible is not None:
            drawn = visible[:, first] & visible[:, second]
            lines = lines * drawn[:, :, None, None]
        return 2 * lines.amax(dim=1, keepdim=True) - 1


RENDERERS = dict(reference=ReferenceRenderer, ours=SkeletonRenderer)
BATCH = 4


def measure_renderer(device: str, sizes: Sequence[int] = (64, 128, 256),
                     edges: Sequence[int] = (16, 68), seconds: float = 4.5) -> list[dict]:
    """Time and peak memory of a forward and backward pass on random poses of a chain of joints.

    Args:
        device: ``'cpu'`` or ``'cuda'``.
        sizes, edges: sides of the skeleton image in pixels, and numbers of edges.
        seconds: for each size and number of edges.

    Returns:
        list[dict]: ``px``, ``edges``, ``renderer``, what ``alternate`` says, ``peak MB``.
    """
    rows = []
    for size, count in itertools.product(sizes, edges):
        keypoints = (torch.rand(BATCH, count + 1, 2, device=device) * 1.6 - 0.8).requires_grad_()
        weights = torch.rand(BATCH, 1, size, size, device=device)
        chain = [(joint, joint + 1) for joint in range(count)]
        calls = {}
        for name, kind in RENDERERS.items():
            draw = kind(chain, size).to(device)
            calls[name] = lambda draw=draw: torch.autograd.grad(
                draw(keypoints), keypoints, weights)
        rows += [{'px': size, 'edges': count, 'renderer': name, **timing,
                  'peak MB': peak_memory(calls[name], device) / 1e6}
                 for name, timing in alternate(calls, seconds, device).items()]
    return rows
