"""Several processes: one model wrapper, two optimizer wrappers.

``MMDistributedDataParallel`` never calls the model's own ``train_step``, and its reducer cannot
follow three optimizers that each see a part of the parameters. Here the model is broadcast once
and every optimizer averages its own gradients before it clips and steps. Running statistics (those
of BatchNorm and of the perceptual loss) are averaged after each step, so that all ranks share the
state that rank 0 writes into a checkpoint.
"""
from __future__ import annotations

import torch
from mmengine.dist import all_reduce, all_reduce_params, broadcast, get_world_size
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from mmpose.registry import MODEL_WRAPPERS, OPTIM_WRAPPERS
from torch import nn


@MODEL_WRAPPERS.register_module()
class BroadcastModelWrapper(nn.Module):
    """Start all ranks from rank 0's state, then delegate, and keep running statistics alike.

    Checkpoints keep the model's own keys: a Runner unwraps ``module``.

    Args:
        module (nn.Module): the model.
    """

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module
        for tensor in module.state_dict().values():
            broadcast(tensor)

    def train_step(self, data: dict, optim_wrapper) -> dict:
        """Delegate to the model, then average its running statistics over the ranks."""
        logs = self.module.train_step(data, optim_wrapper)
        if get_world_size() > 1:
            parameters = {name for name, _ in self.module.named_parameters()}
            all_reduce_params([tensor for name, tensor in self.module.state_dict().items()
                               if name not in parameters and tensor.is_floating_point()],
                              op='mean')
        return logs

    def val_step(self, data: dict) -> list:
        """Delegate to the model."""
        return self.module.val_step(data)

    def test_step(self, data: dict) -> list:
        """Delegate to the model."""
        return self.module.test_step(data)


class _AveragesGradients:
    """Mixin: average gradients over the ranks right before clip and step."""

    def step(self, **kwargs) -> None:
        """Average (a no-op with one rank), then the parent's step."""
        if get_world_size() > 1:
            for group in self.optimizer.param_groups:
                for parameter in group['params']:
                    if parameter.grad is None:
                        # All ranks must take part in the same collectives.
                        parameter.grad = torch.zeros_like(parameter)
                    all_reduce(parameter.grad, 'mean')
        super().step(**kwargs)


@OPTIM_WRAPPERS.register_module()
class AllReduceOptimWrapper(_AveragesGradients, OptimWrapper):
    """``OptimWrapper`` with gradients averaged over ranks."""


@OPTIM_WRAPPERS.register_module()
class AllReduceAmpOptimWrapper(_AveragesGradients, AmpOptimWrapper):
    """``AmpOptimWrapper`` with gradients averaged over ranks (still scaled, alike on all)."""
