"""The renderer alone: forward, forward and backward, and peak memory, of three ways to draw."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Callable

import torch
from torch import Tensor

from ikp_mm.models import SkeletonRenderer
from ikp_mm.ops import squared_segment_distance

from .reference_renderer import ReferenceRenderer
from .timing import alternate, peak_memory

REFERENCE, PER_EDGE, OURS = NAMES = ('reference', 'plane per edge', 'ours')


class PlanePerEdgeRenderer(SkeletonRenderer):
    """The minimum over edges first, but with a plane per edge (N, E, S, S) and plain autograd."""

    def forward(self, keypoints: Tensor) -> Tensor:
        """(N, K, 2) unit coordinates to (N, 1, S, S) in [-1, 1]."""
        squared = squared_segment_distance(
            keypoints[:, self.starts], keypoints[:, self.ends], self.size)
        nearest = squared.amin(dim=1, keepdim=True)
        if self.falloff == 'exponential':
            nearest = (nearest + 1e-6).sqrt()
        return 2 * torch.exp(-nearest / self.sigma**2) - 1


def make_renderers(edges: int, size: int, device: str) -> dict[str, torch.nn.Module]:
    """The three on a chain of ``edges`` edges, at the release's sigma and falloff."""
    chain = [(joint, joint + 1) for joint in range(edges)]
    return {name: kind(chain, size).to(device) for name, kind in
            zip(NAMES, (ReferenceRenderer, PlanePerEdgeRenderer, SkeletonRenderer))}


def measure_renderer(device: str = 'cpu', sizes: Sequence[int] = (64, 128, 256),
                     edges: Sequence[int] = (16, 68), batch: int = 4, seconds: float = 4.5,
                     min_rounds: int = 3, warmup: int = 1) -> dict:
    """Time and peak memory of three renderers on the same random poses.

    Args:
        device: ``'cpu'``, ``'cuda'``, ...
        sizes: sides of the skeleton image in pixels.
        edges: numbers of edges.
        batch: images drawn at once.
        seconds: for each size and number of edges; the slowest take longer, for ``min_rounds``
            rounds of all.
        min_rounds, warmup: of :func:`ikp_mm.benchmark.timing.alternate`.

    Returns:
        dict: ``device``, ``threads``, ``batch`` and ``rows``, one per size and number of edges,
        with ``size``, ``edges``; by renderer, ``forward`` (nothing kept for a gradient) and
        ``step`` (forward and backward) in seconds, ``peak_bytes`` of a step; and how often the
        reference takes each renderer's ``forward_ratio``, ``step_ratio`` and ``memory_ratio``.
    """
    rows = [_measure_row(device, size, count, batch, seconds, min_rounds, warmup)
            for size in sizes for count in edges]
    return dict(device=device, threads=torch.get_num_threads(), batch=batch, rows=rows)


def _measure_row(device: str, size: int, edges: int, batch: int, seconds: float, min_rounds: int,
                 warmup: int) -> dict:
    draws = torch.Generator().manual_seed(edges)
    keypoints = torch.rand(batch, edges + 1, 2, generator=draws) * 1.6 - 0.8
    weights = torch.rand(batch, 1, size, size, generator=draws).to(device)
    keypoints = keypoints.to(device).requires_grad_()
    forwards, steps = {}, {}
    for name, renderer in make_renderers(edges, size, device).items():
        forwards[name] = _forward(renderer, keypoints)
        steps[name] = _step(renderer, keypoints, weights)
    peaks = {name: peak_memory(step, device) for name, step in steps.items()}
    timings = alternate(
        {(name, what): call for what, calls in (('forward', forwards), ('step', steps))
         for name, call in calls.items()},
        seconds, device, warmup=warmup, min_rounds=min_rounds)
    row = dict(size=size, edges=edges, peak_bytes=peaks,
               memory_ratio={name: peaks[REFERENCE] / peaks[name] for name in NAMES})
    for what in ('forward', 'step'):
        row[what] = {name: timings[name, what].to_dict() for name in NAMES}
        row[f'{what}_ratio'] = {
            name: timings[REFERENCE, what].median / timings[name, what].median for name in NAMES}
    return row


def _forward(renderer: torch.nn.Module, keypoints: Tensor) -> Callable[[], Tensor]:
    @torch.no_grad()
    def call() -> Tensor:
        return renderer(keypoints)
    return call


def _step(renderer: torch.nn.Module, keypoints: Tensor,
          weights: Tensor) -> Callable[[], tuple[Tensor, ...]]:
    def call() -> tuple[Tensor, ...]:
        return torch.autograd.grad(renderer(keypoints), keypoints, weights)
    return call


def table_renderer(result: dict) -> str:
    """Markdown: milliseconds (median) and megabytes, and in brackets how often the reference's."""
    lines = [
        f'Renderer, batch {result["batch"]}, {result["device"]}, {result["threads"]} thread(s): '
        'milliseconds (median) and peak megabytes; × is how much less than the reference.',
        '',
        '| px | edges | renderer | forward, ms | forward + backward, ms | peak memory, MB |',
        '|---:|---:|---|---:|---:|---:|',
    ]
    for row in result['rows']:
        for name in NAMES:
            cells = [f'{value:.{digits}f}{_times(row[ratio][name], name)}' for value, digits, ratio
                     in ((1e3 * row['forward'][name]['median'], 2, 'forward_ratio'),
                         (1e3 * row['step'][name]['median'], 2, 'step_ratio'),
                         (row['peak_bytes'][name] / 1e6, 1, 'memory_ratio'))]
            lines.append(f'| {row["size"]} | {row["edges"]} | {name} | {" | ".join(cells)} |')
    return '\n'.join(lines)


def _times(ratio: float, name: str) -> str:
    return '' if name == REFERENCE else f' ({ratio:.1f}×)'
