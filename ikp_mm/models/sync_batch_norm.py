"""Batch normalisation over the images of all ranks, where torch's ``SyncBatchNorm`` cannot run.

torch's takes GPU tensors only. This one asks nothing of the device: two small collectives each way
and layer. On a GPU torch's is faster, and what ``sync_bn='torch'`` gives there.
"""
from __future__ import annotations

import torch
from mmengine.dist import get_world_size
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from .rank_mean import rank_mean


class RankBatchNorm2d(nn.BatchNorm2d):
    """``BatchNorm2d`` whose training statistics are those of all ranks' images together.

    Keys of the state are ``BatchNorm2d``'s: checkpoints load either way. In evaluation, and with
    one rank, it is ``BatchNorm2d`` itself. Ranks must have batches of one size.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) on this rank -> (N, C, H, W)."""
        if not self.training or get_world_size() == 1:
            return super().forward(x)
        self._check_input_dim(x)
        values = x.to(torch.promote_types(x.dtype, torch.float32))
        mean = rank_mean(values.mean(dim=(0, 2, 3)))  # (C,)
        centred = values - mean[:, None, None]
        variance = rank_mean(centred.square().mean(dim=(0, 2, 3)))  # (C,)
        if self.track_running_stats:
            self._track(mean.detach(), variance.detach(),
                        get_world_size() * x.numel() // x.shape[1])
        scale = torch.rsqrt(variance + self.eps)
        if self.affine:
            out = centred * (self.weight * scale)[:, None, None] + self.bias[:, None, None]
        else:
            out = centred * scale[:, None, None]
        return out.to(x.dtype)

    @torch.no_grad()
    def _track(self, mean: Tensor, variance: Tensor, count: int) -> None:
        """Move the running statistics as ``BatchNorm2d`` does, with the unbiased variance."""
        self.num_batches_tracked.add_(1)
        # Without a momentum: the plain average of all batches.
        weight = 1 / int(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean.to(self.running_mean), weight)
        self.running_var.lerp_((variance * count / (count - 1)).to(self.running_var), weight)


def synchronise_batch_norm(module: nn.Module) -> None:
    """Let every ``BatchNorm2d`` of ``module`` take its statistics over all ranks, in place.

    Raises:
        TypeError: naming a batch normalisation of another kind.
    """
    for name, layer in module.named_modules():
        if type(layer) is nn.BatchNorm2d:
            # The subclass adds no state: parameters, hooks and references stay what they are.
            layer.__class__ = RankBatchNorm2d
        elif isinstance(layer, _BatchNorm) and not isinstance(layer, RankBatchNorm2d):
            raise TypeError(f'sync_bn without a GPU knows BatchNorm2d alone: "{name}" is a '
                            f'{type(layer).__name__}')
