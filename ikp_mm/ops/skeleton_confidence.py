"""Scores of keypoints that are read from a skeleton image; no label is needed.

Not in arXiv 1907.02055. Two signs of a wrong joint are measured and multiplied: the skeleton image
y and the rendering of its keypoints differ around the joint, and the joint moves when y is moved.

Convention: (x, y), unit coordinates in [-1, 1]; skeleton images in [-1, 1], background -1
(:mod:`ikp_mm.ops.coords`). *Ink* is ``(y + 1) / 2``: 0 background, 1 line.
"""
from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from .coords import pixel_grid

# Standard deviation of the window around a joint: a tenth of the side, in unit coordinates.
WINDOW = 0.2
# Keypoints of any y move by some fractions of a percent, right or wrong. Frame coordinates.
STEADY = 0.0025
# Where the score of wholly disagreeing images is 1/2. Set once, with STEADY, on labelled frames of
# synthetic people apart from the test set, so that the score is about the share of joints that are
# wrong by less than 5 % of the side (docs/using_a_model.md).
HALF = 0.0022
LEAST_INK = 1e-6


def local_disagreement(skeletons: Tensor, rendered: Tensor, keypoints: Tensor,
                       has_edge: Tensor) -> Tensor:
    """``r_k = sum_u w_k (a - b)^2 / sum_u w_k (a^2 + b^2)``, a and b the ink of y and rendering.

    w_k is a Gaussian window around joint k; for a joint that no line ends in, the whole image.
    0 where both are equal, 1 where they share no ink.

    Args:
        skeletons, rendered (Tensor): y, clipped to [-1, 1], and ``keypoints`` rendered, both
            (N, 1, S, S).
        keypoints (Tensor): (N, K, 2), unit coordinates.
        has_edge (Tensor): (K,) bool, which joints have an edge.

    Returns:
        Tensor: (N, K) in [0, 1].

    Example, an image that is its own rendering, and one that shares no ink with it::

        >>> image, joint = -torch.ones(1, 1, 4, 4), torch.zeros(1, 1, 2)
        >>> image[..., 2, :] = 1
        >>> local_disagreement(image, image, joint, torch.tensor([True]))
        tensor([[0.]])
        >>> local_disagreement(image, -image, joint, torch.tensor([True]))
        tensor([[1.]])
    """
    ours, theirs = (((image[:, 0] + 1) / 2).clamp(0, 1) for image in (skeletons, rendered))
    grid = pixel_grid(skeletons.shape[-1], device=keypoints.device, dtype=keypoints.dtype)
    # The window is separable: two (N, K, S) factors.
    offsets = (grid - keypoints[..., None]) / WINDOW  # (N, K, 2, S)
    columns, rows = torch.exp(-offsets.square() / 2).unbind(dim=2)
    everywhere = ~has_edge[:, None]
    columns, rows = (factor.masked_fill(everywhere, 1.0) for factor in (columns, rows))
    different, ink = (((rows @ image) * columns).sum(dim=-1)  # (N, K, S) over rows -> (N, K)
                      for image in ((ours - theirs).square(), ours.square() + theirs.square()))
    return different / ink.clamp(min=LEAST_INK)


def shift_images(images: Tensor, right: int, down: int) -> Tensor:
    """Images (N, C, S, S) moved by whole pixels (negative: left, up); the border is repeated.

    >>> shift_images(torch.arange(4.).expand(1, 1, 4, 4), right=1, down=0)[0, 0, 0]
    tensor([0., 0., 1., 2.])
    """
    size, margin = images.shape[-1], max(abs(right), abs(down))
    padded = F.pad(images, (margin, ) * 4, mode='replicate')
    top, left = margin - down, margin - right
    return padded[..., top:top + size, left:left + size]


def joint_scores(disagreement: Tensor, unsteadiness: Tensor) -> Tensor:
    """``1 / (1 + r (d + d0)^2 / e0^2)``: high where y agrees with its rendering, steadily.

    Args:
        disagreement (Tensor): r of :func:`local_disagreement`, (N, K).
        unsteadiness (Tensor): d, how far the joint moves when nothing should move it, (N, K),
            fractions of the image side.

    Returns:
        Tensor: (N, K) in [0, 1].

    Example, two joints that do not move, one where y is its own rendering, one where it is not::

        >>> joint_scores(torch.tensor([[0., 1.]]), torch.zeros(1, 2))
        tensor([[1.0000, 0.4364]])
    """
    return 1 / (1 + disagreement * ((unsteadiness + STEADY) / HALF).square())
