"""Random similarity transforms of images and points.

Convention: (x, y), unit coordinates; a transform maps ``p' = A p + t`` about the frame's centre
(unit coordinate 0), given as (N, 2, 3) matrices [A | t]. Positive angles turn the x axis towards
the y axis: clockwise on the screen.
"""
from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def random_similarities(num: int, rotate_deg: float = 0.0, scale: tuple[float, float] = (1, 1),
                        shift: float = 0.0, flip: float = 0.0) -> Tensor:
    """Sample from torch's global CPU generator.

    Args:
        num (int): how many.
        rotate_deg (float): angles are uniform in [-rotate_deg, rotate_deg].
        scale (tuple[float, float]): scales are uniform in [low, high].
        shift (float): each of x and y is uniform in [-shift, shift], fractions of the side.
        flip (float): probability that x is mirrored first.

    Returns:
        Tensor: (num, 2, 3).

    Raises:
        ValueError: ``scale`` is not (low, high) with 0 < low <= high.

    Example::

        >>> random_similarities(3, rotate_deg=90, flip=0.5).shape
        torch.Size([3, 2, 3])
    """
    if not 0 < scale[0] <= scale[1]:
        raise ValueError(f'scale is (low, high) with 0 < low <= high, got {scale}')
    angle = torch.deg2rad(rotate_deg * (2 * torch.rand(num) - 1))
    size = scale[0] + (scale[1] - scale[0]) * torch.rand(num)
    mirror = 1 - 2 * (torch.rand(num) < flip).float()
    translation = 2 * shift * (2 * torch.rand(num, 2) - 1)  # a side spans two units
    cos, sin = size * angle.cos(), size * angle.sin()
    linear = torch.stack([torch.stack([mirror * cos, -sin], -1),
                          torch.stack([mirror * sin, cos], -1)], dim=1)
    return torch.cat([linear, translation[..., None]], dim=-1)


def transform_points(points: Tensor, transforms: Tensor) -> Tensor:
    """(N, K, 2) unit coordinates through (N, 2, 3) transforms -> (N, K, 2).

    >>> quarter_turn = torch.tensor([[[0., -1., 0.], [1., 0., 0.]]])
    >>> transform_points(torch.tensor([[[0.5, 0.]]]), quarter_turn)
    tensor([[[0.0000, 0.5000]]])
    """
    # bfloat16, which autocast would choose, is half a pixel coarse.
    with torch.autocast(points.device.type, enabled=False):
        return points @ transforms[:, :, :2].transpose(1, 2) + transforms[:, None, :, 2]


def transform_images(images: Tensor, transforms: Tensor) -> Tensor:
    """Move what (N, C, S, S) images show by (N, 2, 3) transforms; the border is repeated.

    A point shown at p moves to ``A p + t``: pixel u of the result is the input at
    ``A^-1 (u - t)``. A must be invertible, which is not checked.

    Example, a ramp moved right by half a unit, one pixel of four::

        >>> ramp = torch.arange(4.).expand(1, 1, 4, 4)
        >>> right = torch.tensor([[[1., 0., 0.5], [0., 1., 0.]]])
        >>> transform_images(ramp, right)[0, 0, 0]
        tensor([0., 0., 1., 2.])
    """
    size = images.shape[-1]
    with torch.autocast(images.device.type, enabled=False):  # as in transform_points
        # Unchecked: the check looks at the result, for which a GPU's queue would have to run dry.
        inverse = torch.linalg.inv_ex(transforms[:, :, :2]).inverse
        # affine_grid's coordinates q have pixel i at (2 i + 1) / S - 1 = p + 1 / S.
        half = transforms.new_full((len(images), 2, 1), 1 / size)
        offset = half - inverse @ (half + transforms[:, :, 2:])
        grid = F.affine_grid(torch.cat([inverse, offset], dim=-1), list(images.shape),
                             align_corners=False)
        return F.grid_sample(images, grid, padding_mode='border', align_corners=False)
