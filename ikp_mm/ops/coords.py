"""The one place where coordinate conventions are stated.

Convention:
    - All coordinates are ordered (x, y), x to the right, y down.
    - *Pixel* coordinates are MMPose's: pixel centres lie at integers.
    - *Frame* coordinates are fractions of the image side, ``f = x / W``: what
      :class:`mmpose.codecs.RegressionLabel` multiplies by (W, H), and what the head emits.
    - *Unit* coordinates lie in [-1, 1], ``p = 2 * x / W - 1``: what renderer and soft-argmax use.
      Pixel i of a skeleton image of side S therefore lies at ``2 * i / S - 1``, and the same
      unit point falls on the same spot of an image of any size.

Every function works element-wise on numpy arrays and torch tensors alike.
"""
from __future__ import annotations

import torch
from torch import Tensor


def pixel_to_unit(x, size):
    """Pixel coordinates of an image of side ``size`` (number, or (W, H) broadcast) to [-1, 1].

    >>> pixel_to_unit(48, 64)
    0.5
    """
    return 2 * x / size - 1


def unit_to_pixel(p, size):
    """Unit coordinates in [-1, 1] to pixel coordinates of an image of side ``size``.

    >>> unit_to_pixel(0.5, 64)
    48.0
    """
    return (p + 1) / 2 * size


def frame_to_unit(f):
    """Fractions of the image side in [0, 1] to unit coordinates in [-1, 1].

    >>> frame_to_unit(0.25)
    -0.5
    """
    return 2 * f - 1


def unit_to_frame(p):
    """Unit coordinates in [-1, 1] to fractions of the image side in [0, 1].

    >>> unit_to_frame(-0.5)
    0.25
    """
    return (p + 1) / 2


def pixel_grid(size: int, device=None, dtype=torch.float32) -> Tensor:
    """Unit coordinates of the ``size`` pixel centres along one axis, shape (size,).

    >>> pixel_grid(4)
    tensor([-1.0000, -0.5000,  0.0000,  0.5000])
    """
    return pixel_to_unit(torch.arange(size, device=device, dtype=dtype), size)


def inside_frame(p: Tensor) -> Tensor:
    """(..., 2) unit coordinates -> (...) bool: what a soft-argmax can reach.

    >>> inside_frame(torch.tensor([[0.5, -1.0], [0.0, 1.2]])).tolist()
    [True, False]
    """
    return (p.abs() <= 1).all(dim=-1)
