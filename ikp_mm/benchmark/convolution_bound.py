"""The least time that the convolutions of a step can take: what no other code for it goes below.

Their number of operations, counted as the step runs, over the rate of a large matrix product, which
is the best that the machine's floating-point units are known to give. It holds for direct
convolution at this precision; few shapes come near it.
"""
from __future__ import annotations

from collections.abc import Callable

import torch
from torch.utils.flop_counter import FlopCounterMode

MATRIX_SIDE = 2048


def convolution_flops(step: Callable[[], object]) -> int:
    """Floating-point operations (a multiplication and an addition are two) of the convolutions
    that a call runs, forward and backward."""
    with FlopCounterMode(display=False) as counter:
        step()
    return sum(flops for operator, flops in counter.get_flop_counts()['Global'].items()
               if 'convolution' in str(operator))


def matrix_product(device: torch.device | str = 'cpu') -> tuple[Callable[[], object], int]:
    """A float32 product of two square matrices, to be timed, and its number of operations."""
    left, right = (torch.rand(MATRIX_SIDE, MATRIX_SIDE, device=device) for _ in range(2))
    return lambda: left @ right, 2 * MATRIX_SIDE**3


def bound(flops: int, product_flops: int, product_seconds: float, reference_seconds: float) -> dict:
    """What follows.

    Args:
        flops: of the step's convolutions.
        product_flops, product_seconds: of the matrix product.
        reference_seconds: of the reference step.

    Returns:
        dict: ``gflop``, ``gflop_per_second``, ``seconds`` that the convolutions take at that rate,
        ``ratio`` of the reference step to them: times as fast as it that a step can be at most.
    """
    rate = product_flops / product_seconds
    return dict(gflop=flops / 1e9, gflop_per_second=rate / 1e9, seconds=flops / rate,
                ratio=reference_seconds * rate / flops)
