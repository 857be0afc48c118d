"""The renderer alone, beside beta as one would first write it down: time and peak memory.

Paper: Jakab et al., CVPR 2020 (arXiv 1907.02055), section 3.2.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

import torch
from torch import Tensor, nn

from ikp_mm.models import SkeletonRenderer

from .timing import alternate, peak_memory

RENDERERS = ('reference', 'ours')


class ReferenceRenderer(nn.Module):
    """``max_e f(d_e(u))`` term by term: every edge on a grid of its own, and plain autograd.

    Arguments, convention and values are those of :class:`ikp_mm.models.SkeletonRenderer`; nothing
    of it is used here. Memory and time grow with edges x pixels x 2.
    """

    def __init__(self, edges: Sequence[tuple[int, int]], size: int, sigma: float = 0.2,
                 falloff: str = 'exponential') -> None:
        super().__init__()
        self.edges, self.size, self.sigma, self.falloff = list(edges), size, sigma, falloff

    def forward(self, keypoints: Tensor, visible: Optional[Tensor] = None) -> Tensor:
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


def measure_renderer(device: str = 'cpu', sizes: Sequence[int] = (64, 128, 256),
                     edges: Sequence[int] = (16, 68), batch: int = 4,
                     seconds: float = 4.5) -> dict:
    """Time and peak memory of both on the same random poses of a chain of joints.

    Args:
        device: ``'cpu'``, ``'cuda'``, ...
        sizes: sides of the skeleton image in pixels.
        edges: numbers of edges.
        batch: images drawn at once.
        seconds: for each size and number of edges; three rounds are made however long they take.

    Returns:
        dict: ``device``, ``threads``, ``batch`` and ``rows``: ``size``, ``edges``, ``renderer``,
        ``forward`` (nothing kept for a gradient) and ``step`` (forward and backward) in seconds
        (median), ``peak_bytes`` of a step.
    """
    rows = [row for size in sizes for count in edges
            for row in _measure(device, size, count, batch, seconds)]
    return dict(device=device, threads=torch.get_num_threads(), batch=batch, rows=rows)


def _measure(device: str, size: int, edges: int, batch: int, seconds: float) -> list[dict]:
    draws = torch.Generator().manual_seed(edges)
    keypoints = torch.rand(batch, edges + 1, 2, generator=draws) * 1.6 - 0.8
    weights = torch.rand(batch, 1, size, size, generator=draws).to(device)
    keypoints = keypoints.to(device).requires_grad_()
    chain = [(joint, joint + 1) for joint in range(edges)]
    calls, peaks = {}, {}
    for name, kind in zip(RENDERERS, (ReferenceRenderer, SkeletonRenderer)):
        renderer = kind(chain, size).to(device)
        calls[name, 'forward'] = torch.no_grad()(lambda draw=renderer: draw(keypoints))
        calls[name, 'step'] = lambda draw=renderer: torch.autograd.grad(
            draw(keypoints), keypoints, weights)
        peaks[name] = peak_memory(calls[name, 'step'], device)
    timings = alternate(calls, seconds, device, warmup=1, min_rounds=3)
    return [dict(size=size, edges=edges, renderer=name, peak_bytes=peaks[name],
                 **{what: timings[name, what].median for what in ('forward', 'step')})
            for name in RENDERERS]


def table_renderer(result: dict) -> str:
    """Markdown: milliseconds and megabytes, and in brackets how often the reference takes them."""
    lines = [
        f'Renderer, batch {result["batch"]}, {result["device"]}, {result["threads"]} thread(s): '
        'milliseconds (median) and peak megabytes; × is how much less than the reference.',
        '',
        '| px | edges | renderer | forward, ms | forward + backward, ms | peak memory, MB |',
        '|---:|---:|---|---:|---:|---:|',
    ]
    reference: dict = {}
    for row in result['rows']:
        if row['renderer'] == RENDERERS[0]:
            reference = row
        cells = []
        for key, scale, digits in (('forward', 1e3, 2), ('step', 1e3, 2), ('peak_bytes', 1e-6, 1)):
            times = '' if row is reference else f' ({reference[key] / row[key]:.1f}×)'
            cells.append(f'{scale * row[key]:.{digits}f}{times}')
        lines.append(f'| {row["size"]} | {row["edges"]} | {row["renderer"]} | '
                     f'{" | ".join(cells)} |')
    return '\n'.join(lines)
