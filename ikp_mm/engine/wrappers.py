"""Several processes: a model wrapper and optimizer wrappers.

``MMDistributedDataParallel`` never calls the model's own ``train_step``, and its reducer cannot
follow three optimizers that each see a part of the parameters. Here the model is broadcast once
and every optimizer averages its own gradients before it clips and steps. Running statistics (those
of BatchNorm and of the perceptual loss) are averaged after each step, so that all ranks share the
state that rank 0 writes into a checkpoint.

What then equals one process with the whole batch, and what does not: docs/speed.md.
"""
from __future__ import annotations

from contextlib import contextmanager

import torch
from mmengine.dist import all_reduce_params, broadcast, get_world_size
from mmengine.model import is_model_wrapper
from mmengine.optim import AmpOptimWrapper, OptimWrapper, OptimWrapperDict
from mmpose.registry import MODEL_WRAPPERS, OPTIM_WRAPPERS
from torch import nn


def unwrapped(model: nn.Module) -> nn.Module:
    """The model itself, whether or not something wraps it for several processes."""
    return model.module if is_model_wrapper(model) else model


@MODEL_WRAPPERS.register_module()
class BroadcastModelWrapper(nn.Module):
    """Start all ranks from rank 0's state, then delegate, and keep running statistics alike.

    Checkpoints keep the model's own keys: a Runner unwraps ``module``.
    """

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module
        self._ranks_agree = False

    def train_step(self, data: dict, optim_wrapper) -> dict:
        """Delegate to the model, then average its running statistics over the ranks.

        Raises TypeError for several ranks with an optimizer wrapper that averages no gradients.
        """
        if get_world_size() == 1:
            return self.module.train_step(data, optim_wrapper)
        if not self._ranks_agree:
            # Not in __init__: the Runner initialises and loads weights after it has wrapped.
            for tensor in self.module.state_dict().values():
                broadcast(tensor)
            _check_averaging(optim_wrapper)
            self._ranks_agree = True
        logs = self.module.train_step(data, optim_wrapper)
        parameters = {name for name, _ in self.module.named_parameters()}
        all_reduce_params([tensor for name, tensor in self.module.state_dict().items()
                           if name not in parameters and tensor.is_floating_point()], op='mean')
        return logs

    def val_step(self, data: dict) -> list:
        """Delegate to the model."""
        return self.module.val_step(data)

    def test_step(self, data: dict) -> list:
        """Delegate to the model."""
        return self.module.test_step(data)


class _AveragesGradients:
    """Mixin: average gradients over the ranks right before clip and step.

    One collective an optimizer (and dtype): all its gradients in one flat buffer.
    """

    def step(self, **kwargs) -> None:
        """Average (a no-op with one rank), then the parent's step."""
        parameters = [parameter for group in self.optimizer.param_groups
                      for parameter in group['params']]
        for parameter in parameters:
            if parameter.grad is None:
                # All ranks must take part in the same collectives, and one process must count the
                # same steps.
                parameter.grad = torch.zeros_like(parameter)
        if get_world_size() > 1:
            all_reduce_params([parameter.grad for parameter in parameters], op='mean')
        super().step(**kwargs)


def _check_averaging(optim_wrapper) -> None:
    """Raise where ranks would drift apart in silence."""
    wrappers = (dict(optim_wrapper.items()) if isinstance(optim_wrapper, OptimWrapperDict)
                else {'optim_wrapper': optim_wrapper})
    for name, wrapper in wrappers.items():
        if not isinstance(wrapper, _AveragesGradients):
            raise TypeError(f'{name} is a {type(wrapper).__name__}, which does not average '
                            'gradients over ranks: with several ranks its type must be '
                            'AllReduceOptimWrapper, AllReduceAmpOptimWrapper or '
                            'AllReduceBFloat16OptimWrapper')


@OPTIM_WRAPPERS.register_module()
class AllReduceOptimWrapper(_AveragesGradients, OptimWrapper):
    """``OptimWrapper`` with gradients averaged over ranks."""


@OPTIM_WRAPPERS.register_module()
class AllReduceBFloat16OptimWrapper(AllReduceOptimWrapper):
    """The forward pass in bfloat16 where ``torch.autocast`` finds that safe, on any device.

    bfloat16 reaches as far as float32, so no loss has to be scaled. Weights, gradients and the
    optimizer's state stay float32.
    """

    @contextmanager
    def optim_context(self, model: nn.Module):
        """The parent's context, with autocast on the device of the weights."""
        device = self.optimizer.param_groups[0]['params'][0].device.type
        with super().optim_context(model), torch.autocast(device, dtype=torch.bfloat16):
            yield


@OPTIM_WRAPPERS.register_module()
class AllReduceAmpOptimWrapper(_AveragesGradients, AmpOptimWrapper):
    """``AmpOptimWrapper`` with gradients averaged over ranks (still scaled, alike on all).

    An infinity or nan of one rank is in the average of all: every rank's scaler then finds it, all
    skip the step and lower their scales alike.
    """
