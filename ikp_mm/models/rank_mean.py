"""Means over the images of all ranks, where a loss is not itself a mean of independent terms.

Every rank back-propagates its own loss and the optimizers average the gradients
(``ikp_mm.engine.wrappers``). That is the gradient of the mean of the losses over all images as long
as each loss is a mean over images. Where it is a ratio, or a function of a mean, numerator or mean
must be taken over all ranks first.
"""
from __future__ import annotations

import torch
from mmengine.dist import all_reduce, get_world_size
from torch import Tensor


class _RankMean(torch.autograd.Function):
    """Mean over ranks; so is its gradient, as the optimizers then average over ranks once more.

    With L = 1/R sum_s L_s and M = 1/R sum_r m_r, what rank r must contribute to the average is
    (1/R sum_s dL_s/dM) dm_r: the mean over ranks of the gradient that arrives.
    """

    @staticmethod
    def forward(ctx, local: Tensor) -> Tensor:
        mean = local.detach().clone(memory_format=torch.contiguous_format)
        all_reduce(mean, 'mean')
        return mean

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        gradient = gradient.clone(memory_format=torch.contiguous_format)
        all_reduce(gradient, 'mean')
        return gradient


def rank_mean(local: Tensor) -> Tensor:
    """Mean over ranks of a small floating tensor; with one rank the tensor itself.

    All ranks must call it equally often and in one order, forward and backward.

    Args:
        local (Tensor): this rank's value, of one shape on all ranks. Means over images are exact if
            the ranks' batches are of one size, as those of training are.

    Returns:
        Tensor: of the same shape; gradients flow to every rank's ``local``.
    """
    return local if get_world_size() == 1 else _RankMean.apply(local)
