"""Marginal soft-argmax: heatmaps to coordinates.

Source: Jakab et al., "Unsupervised Learning of Object Landmarks through Conditional Image
Generation", NeurIPS 2018, section 3.1; used for eta in arXiv 1907.02055.
"""
from __future__ import annotations

import torch
from torch import Tensor


def marginal_soft_argmax(heatmaps: Tensor) -> Tensor:
    """Expected coordinates of each heatmap's two marginals.

    ``x = sum_u softmax_u(mean_v h[v, u]) * grid[u]`` and the same for y. The support spans
    [-1, 1] end to end: a softmax over pixel centres could reach no border.

    Convention: (x, y), unit coordinates (see :mod:`ikp_mm.ops.coords`).

    Args:
        heatmaps (Tensor): (N, K, H, W), logits. Half precision is averaged and returned in
            float32: in bfloat16 coordinates near 1 are 0.008 apart, half a pixel of 128.

    Returns:
        Tensor: keypoints (N, K, 2) in [-1, 1].

    Raises:
        ValueError: when ``heatmaps`` is not 4-dimensional.

    Example, a heatmap that is high along its last column::

        >>> heatmaps = torch.zeros(1, 1, 3, 3)
        >>> heatmaps[..., 2] = 100
        >>> marginal_soft_argmax(heatmaps)
        tensor([[[1., 0.]]])
    """
    if heatmaps.dim() != 4:
        raise ValueError(f'heatmaps must be (N, K, H, W), got shape {tuple(heatmaps.shape)}')
    if heatmaps.dtype in (torch.bfloat16, torch.float16):
        heatmaps = heatmaps.float()
    coordinates = []
    for averaged_dim in (2, 3):  # rows averaged away leave x, columns averaged away leave y
        marginal = heatmaps.mean(dim=averaged_dim).softmax(dim=-1)  # (N, K, L)
        support = torch.linspace(-1, 1, marginal.shape[-1], device=heatmaps.device,
                                 dtype=heatmaps.dtype)
        coordinates.append((marginal * support).sum(dim=-1))
    return torch.stack(coordinates, dim=-1)  # (N, K, 2)
