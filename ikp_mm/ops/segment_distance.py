"""Squared distances from every pixel to line segments: to each, and to the nearest of many.

For the renderer beta of arXiv 1907.02055, section 3.2.

Convention: (x, y), unit coordinates, pixel i of a side of S at ``2 i / S - 1``.
"""
from __future__ import annotations

from typing import Optional

import torch
from torch import Tensor

from .coords import pixel_grid

# Numbers in one set of planes (edges, images, S, S). On a CPU the sets that a chunk works with, a
# quarter of a megabyte each, stay within a core's second-level cache; on a GPU, where a launch
# costs more than a pass over memory, all edges are taken together unless that fills gigabytes.
# The figure for a GPU was never measured.
CACHED_PLANES = 2**16
DEVICE_PLANES = 2**26


def squared_segment_distance(starts: Tensor, ends: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """``d^2(u) = min_{t in [0,1]} |u - (a + t (b - a))|^2`` for every pixel u, and that t.

    With ``r = u - a`` and ``e = b - a``: ``|r - t e|^2`` at ``t = clamp(r.e / |e|^2, 0, 1)``, of
    planes that broadcast from rows and columns; no (N, E, S, S, 2) tensor is made. A segment of no
    length is the distance to the point, with finite gradients.

    Args:
        starts, ends (Tensor): (N, E, 2) segment ends, any range (outside the frame is fine).
        size (int): side S of the image.

    Returns:
        tuple[Tensor, Tensor]: d^2 and t, both (N, E, S, S), indexed [.., y, x].

    Raises:
        ValueError: when the shapes of ``starts`` and ``ends`` differ.

    Example, a segment along y = 0 and the pixels of the column x = 0::

        >>> start, end = torch.tensor([[[-1., 0.]]]), torch.tensor([[[0.5, 0.]]])
        >>> squared_segment_distance(start, end, 4)[0][0, 0, :, 2]
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
    place = ((from_x * edge_x + from_y * edge_y) / squared_length).clamp(0, 1)  # (N, E, S, S)
    return (from_x - place * edge_x).square() + (from_y - place * edge_y).square(), place


def nearest_segment_distance(starts: Tensor, ends: Tensor, size: int,
                             included: Optional[Tensor] = None) -> Tensor:
    """``d^2(u) = min_e min_{t in [0,1]} |u - (a_e + t (b_e - a_e))|^2`` for every pixel u.

    The values of ``squared_segment_distance(...)[0].amin(dim=1)``, without a plane per segment in
    memory. In a segment's own frame, with c the distance across its line and s the position along
    it from its middle, both affine in x and y and so each one sum of a row and a column,
    ``d^2 = c^2 + max(|s| - L/2, 0)^2``. Nothing large cancels. A few edges are worked on at a
    time, and only the running minimum and, where a gradient is asked for, the number of the
    nearest edge (a byte a pixel) are kept.

    Gradient: where t is the minimiser, moving it changes nothing to first order, so with
    ``r = u - a`` and ``e = b - a``, ``dd^2/da = -2 (1-t) (r - t e)`` and
    ``dd^2/db = -2 t (r - t e)``, for the pixel's nearest edge alone: O(N S^2) whatever the number
    of edges. Where several edges are exactly as near, one of them gets the gradient (``amin``
    splits it among them); at a joint that they share, the joint gets the same either way. On a GPU
    the sums over pixels are atomic: their rounding may differ from run to run.

    It differs from :func:`squared_segment_distance` in one place: a segment shorter than 1e-3 is
    measured exactly here, and there to a point on it that may lie its length away. Under
    ``torch.compile`` all edges are written as one tensor, which is left to the compiler to fuse.
    Under ``torch.jit.trace``, and so in an ONNX file (a head with scores renders), the plain
    formula is recorded.

    Args:
        starts, ends (Tensor): (N, E, 2) segment ends, any range. float32 or float64; half
            precision is computed, and returned, in float32 (a pixel of 128 is 0.016 wide, the
            steps of bfloat16 near 1 are 0.008).
        size (int): side S of the image.
        included (Tensor | None): (N, E) bool; segments left out get no gradient. All when None.

    Returns:
        Tensor: (N, 1, S, S) squared distances, indexed [.., y, x]; the dtype's largest number in
        images without an included segment.

    Raises:
        ValueError: no segment; ``starts``, ``ends`` or ``included`` do not fit one another.

    Example, segments along y = -1 and y = 0 and the pixels of the column x = 0::

        >>> starts = torch.tensor([[[-1., -1.], [-1., 0.]]])
        >>> ends = torch.tensor([[[0.5, -1.], [0.5, 0.]]])
        >>> nearest_segment_distance(starts, ends, 4)[0, 0, :, 2]
        tensor([0.0000, 0.2500, 0.0000, 0.2500])
        >>> only_second = torch.tensor([[False, True]])
        >>> nearest_segment_distance(starts, ends, 4, only_second)[0, 0, :, 2]
        tensor([1.0000, 0.2500, 0.0000, 0.2500])
    """
    if starts.shape != ends.shape or starts.dim() != 3 or starts.shape[-1] != 2:
        raise ValueError('starts and ends must both be (N, E, 2), got '
                         f'{tuple(starts.shape)} and {tuple(ends.shape)}')
    if starts.dtype != ends.dtype:
        raise ValueError('starts and ends must be of one dtype, got '
                         f'{starts.dtype} and {ends.dtype}')
    if starts.shape[1] == 0:
        raise ValueError('there is no segment to be near to')
    if starts.dtype in (torch.bfloat16, torch.float16):
        starts, ends = starts.float(), ends.float()
    if included is not None:
        if included.shape != starts.shape[:2] or included.dtype != torch.bool:
            raise ValueError(f'included must be {tuple(starts.shape[:2])} bool, got '
                             f'{tuple(included.shape)} {included.dtype}')
        # Outside the function below: autograd then zeroes these gradients, and what stands in for
        # a missing joint, NaN included, is never looked at.
        left_out = ~included[..., None]
        starts, ends = starts.masked_fill(left_out, 0), ends.masked_fill(left_out, 0)
    if torch.jit.is_tracing():  # writing into buffers is not recorded soundly
        squared, _ = squared_segment_distance(starts, ends, size)
        if included is not None:
            squared = squared.masked_fill(
                ~included[..., None, None], torch.finfo(squared.dtype).max)
        return squared.amin(dim=1, keepdim=True)
    if torch.is_grad_enabled() and (starts.requires_grad or ends.requires_grad):
        return _NearestSegment.apply(starts, ends, size, included)
    return _minimum_over_edges(starts, ends, size, included, False, *_chunking(starts))[0]


class _NearestSegment(torch.autograd.Function):
    """:func:`_minimum_over_edges` with the gradient of :func:`nearest_segment_distance`.

    That gradient is made of differentiable operations, so second derivatives are exact too.
    """

    @staticmethod
    def forward(ctx, starts: Tensor, ends: Tensor, size: int,
                included: Optional[Tensor]) -> Tensor:
        squared, index = _minimum_over_edges(
            starts, ends, size, included, True, *_chunking(starts))
        ctx.save_for_backward(starts, ends, index)
        return squared

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Optional[Tensor], ...]:
        starts, ends, index = ctx.saved_tensors
        images, edges, _ = starts.shape
        size = index.shape[-1]
        grid = pixel_grid(size, device=starts.device, dtype=starts.dtype)
        limbs = ends - starts
        # A segment of no length has r.e = 0: any finite factor gives t = 0.
        inverse = limbs.square().sum(-1).clamp(min=torch.finfo(limbs.dtype).tiny).reciprocal()
        tables = torch.cat([starts, limbs, inverse[..., None]], dim=-1)  # (N, E, 5)
        sums = starts.new_zeros(4, images * edges)
        of_images = torch.arange(images, device=starts.device) * edges
        for block in _image_blocks(images, size, _chunking(starts)[0]):
            nearest = (index[block].long() + of_images[block][:, None, None, None]).flatten()
            start_x, start_y, limb_x, limb_y, factor = (
                table.index_select(0, nearest).view(-1, 1, size, size)
                for table in tables.flatten(0, 1).unbind(-1))  # each (n, 1, S, S)
            from_x, from_y = grid - start_x, grid[:, None] - start_y
            position = ((from_x * limb_x + from_y * limb_y) * factor).clamp(0, 1)
            weight = gradient[block] * -2
            for axis, (offset, limb) in enumerate([(from_x, limb_x), (from_y, limb_y)]):
                both = (offset - position * limb) * weight  # -2 g (r - t e)
                end = both * position
                sums[axis].scatter_add_(0, nearest, (both - end).flatten())
                sums[2 + axis].scatter_add_(0, nearest, end.flatten())
        to_starts, to_ends = sums.view(2, 2, images, edges).permute(0, 2, 3, 1)
        return to_starts, to_ends, None, None


def _minimum_over_edges(starts: Tensor, ends: Tensor, size: int, included: Optional[Tensor],
                        with_index: bool, planes: int, together: bool
                        ) -> tuple[Tensor, Optional[Tensor]]:
    """The minimum of :func:`nearest_segment_distance`, without its checks and its gradient.

    Args:
        with_index: also return the nearest edges' numbers.
        planes: numbers in one set of planes (edges, images, S, S), at least one plane.
        together: fold all edges of a chunk in one call, rather than edge by edge.

    Returns:
        tuple[Tensor, Tensor | None]: squared distances (N, 1, S, S), and (N, 1, S, S) uint8 (int32
        with more than 256 edges), 0 in images without an included segment.
    """
    images, edges, _ = starts.shape
    squared = starts.new_full((images, 1, size, size), torch.finfo(starts.dtype).max)
    index = None
    if with_index:
        index = torch.zeros(squared.shape, dtype=torch.uint8 if edges <= 256 else torch.int32,
                            device=starts.device)
    for block in _image_blocks(images, size, planes):
        along_x, along_y, across_x, across_y, half = _frames_of_edges(
            starts[block], ends[block], size, None if included is None else included[block])
        best = squared[block, 0]  # (n, S, S)
        nearest = torch.zeros_like(best) if with_index else None
        step = min(edges, max(1, planes // best.numel()))
        buffers = best.new_empty(2, step, *best.shape)
        for first in range(0, edges, step):
            chunk = slice(first, min(first + step, edges))
            beyond, across = buffers[:, :chunk.stop - first]  # each (e, n, S, S)
            torch.add(along_x[chunk], along_y[chunk], out=beyond)
            beyond.abs_().sub_(half[chunk]).clamp_(min=0)
            torch.add(across_x[chunk], across_y[chunk], out=across)
            across.mul_(across).addcmul_(beyond, beyond)  # c^2 + max(|s| - L/2, 0)^2
            if together:
                _fold_together(best, nearest, across, first)
            else:
                _fold_each(best, nearest, across, beyond, first)
        if with_index:
            index[block, 0] = nearest.to(index.dtype)
    return squared, index


def _chunking(tensor: Tensor) -> tuple[int, bool]:
    """``planes`` and ``together`` of :func:`_minimum_over_edges` for the device of ``tensor``.

    The minimum of a dimension with its index is one launch on a GPU and a loop that a compiler
    fuses, but an unvectorised one in eager mode on a CPU.
    """
    if tensor.device.type == 'cpu' and not torch.compiler.is_compiling():
        return CACHED_PLANES, False
    return DEVICE_PLANES, True


def _image_blocks(images: int, size: int, planes: int) -> list[slice]:
    """The batch in blocks of which one plane each fits, and at least one image."""
    step = max(1, planes // size**2)
    return [slice(first, min(first + step, images)) for first in range(0, images, step)]


def _frames_of_edges(starts: Tensor, ends: Tensor, size: int,
                     included: Optional[Tensor]) -> tuple[Tensor, ...]:
    """Every pixel in every edge's own frame, as rows and columns still to be added.

    Returns:
        tuple[Tensor, ...]: parts (E, n, 1, S) and (E, n, S, 1) of the position along the edge's
        line from its middle; the same of the distance across it; half the length (E, n, 1, 1).
    """
    starts, ends = starts.transpose(0, 1), ends.transpose(0, 1)  # (E, n, 2)
    limbs, middles = ends - starts, (starts + ends) / 2
    lengths = limbs.square().sum(dim=-1, keepdim=True).sqrt()  # (E, n, 1)
    unit_x, unit_y = (limbs / lengths)[..., None, None].unbind(dim=2)  # each (E, n, 1, 1)
    # The line through a point may run anywhere: along x. So short, and a square would underflow.
    extended = lengths[..., None] > 1e-15
    unit_x, unit_y = torch.where(extended, unit_x, 1.0), torch.where(extended, unit_y, 0.0)
    middle_x, middle_y = middles[..., None, None].unbind(dim=2)
    grid = pixel_grid(size, device=starts.device, dtype=starts.dtype)
    from_x, from_y = grid - middle_x, grid[:, None] - middle_y  # (E, n, 1, S), (E, n, S, 1)
    across_x = -unit_y * from_x
    if included is not None:
        across_x = across_x.masked_fill(~included.t()[..., None, None], torch.inf)  # never nearest
    return unit_x * from_x, unit_y * from_y, across_x, unit_x * from_y, lengths[..., None] / 2


def _fold_each(best: Tensor, nearest: Optional[Tensor], squared: Tensor, scratch: Tensor,
               first: int) -> None:
    """Take edges ``first``, ``first + 1``, ... into the running minimum and its index, in place.

    Comparisons go into numbers, not into bools: only then are they vectorised.
    """
    for number, (plane, closer) in enumerate(zip(squared, scratch), start=first):
        if nearest is not None:
            torch.lt(plane, best, out=closer)
            # By 0 or 1: exactly the one number or the other.
            nearest.lerp_(nearest.new_tensor(number), closer)
        torch.minimum(best, plane, out=best)


def _fold_together(best: Tensor, nearest: Optional[Tensor], squared: Tensor, first: int) -> None:
    """The same in a few calls, however many edges."""
    if nearest is None:
        values = squared.amin(dim=0)
    else:
        values, numbers = squared.min(dim=0)
        nearest.copy_(torch.where(values < best, (numbers + first).to(best.dtype), nearest))
    torch.minimum(best, values, out=best)
