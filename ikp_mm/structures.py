"""Typed batches: every tensor's name, shape and range.

Legend: N batch, K joints, W image side, S skeleton image side. Images are normalised RGB as
Phi reads them; skeleton images lie in [-1, 1], background -1; keypoints are (x, y) in unit
coordinates [-1, 1] (:mod:`ikp_mm.ops.coords`).
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from torch import Tensor


@dataclass
class FramePairs:
    """Two frames x, x' of one clip a row."""
    images: Tensor  # (N, 3, W, W): x as Phi sees it
    targets: Tensor  # (N, 3, W, W): x as the reconstruction is asked for it
    appearances: Tensor  # (N, 3, W, W): x'
    weights: Tensor  # (N, 1, W, W) in [0, 1]: how surely a pixel of x is foreground
    # Of x too; None where a batch does not hold them.
    scenes: Optional[Tensor] = None  # (N, 3, W, W) RGB in 0-255: what is behind the figure
    colours: Optional[Tensor] = None  # (N, P, 3) RGB in 0-255: pixels, foreground ones more often
    motion: Optional[Tensor] = None  # (N, 2): where it goes, fractions of the side; 0: unknown

    def __len__(self) -> int:
        return len(self.images)


@dataclass
class PriorPoses:
    """Unpaired poses."""
    keypoints: Tensor  # (N, K, 2); zeros where not visible
    visible: Tensor  # (N, K) bool


@dataclass
class Translation:
    """What one pass through Phi, eta, beta (and Psi) makes of a batch of images."""
    skeletons: Tensor  # y: (N, 1, S, S)
    keypoints: Tensor  # p = eta(y): (N, K, 2)
    rendered: Tensor  # y^ = beta(p): (N, 1, S, S)
    reconstructions: Tensor  # x^ = Psi(y^, x'): (N, 3, W, W), normalised
