"""Losses fetched from the device when they are logged, not when they are computed."""
from __future__ import annotations

from functools import reduce
from numbers import Number
from typing import Optional, Union

import torch
from mmengine.hooks import RuntimeInfoHook
from mmengine.optim import OptimWrapperDict
from mmpose.registry import HOOKS
from torch import Tensor

# So many iterations are fetched even if nothing asks for them.
MOST_PENDING = 1000


@HOOKS.register_module()
class DeferredScalarsHook(RuntimeInfoHook):
    """``RuntimeInfoHook`` that does not wait for the device after every iteration.

    The host's hook, and its clipping of gradients, ask for the value of each loss and norm at once:
    a GPU's queue runs dry each time. Here they stay where they are, one small tensor an iteration,
    until ``StageLogProcessor`` writes a line or a checkpoint is saved. The log shows the same
    numbers. Named ``runtime_info`` in ``default_hooks``, where it takes the host's place.
    """

    def __init__(self) -> None:
        super().__init__()
        self._pending: list[tuple[list[str], Optional[Tensor], dict[str, Number]]] = []

    def before_train(self, runner) -> None:
        """As the host's; optimizer wrappers that can keep their norms are told to."""
        super().before_train(runner)
        for wrapper in _wrappers(runner):
            if hasattr(wrapper, 'defer_norm'):
                wrapper.defer_norm = True

    def after_train_iter(self, runner, batch_idx: int, data_batch=None,
                         outputs: Optional[dict] = None) -> None:
        """Keep what the model returned, and the norms of the gradients."""
        values: dict[str, Union[Tensor, Number]] = dict(outputs or {})
        for wrapper in _wrappers(runner):
            norm = getattr(wrapper, 'norm', None)
            if norm is not None:
                values[wrapper.grad_name], wrapper.norm = norm, None
        tensors = {name: value.detach().reshape(()) for name, value in values.items()
                   if isinstance(value, Tensor)}
        stacked = None
        if tensors:
            widest = reduce(torch.promote_types, (value.dtype for value in tensors.values()))
            stacked = torch.stack([value.to(widest) for value in tensors.values()])
        self._pending.append((list(tensors), stacked, {
            name: value for name, value in values.items() if name not in tensors}))
        if len(self._pending) >= MOST_PENDING:
            self.fetch(runner)

    def fetch(self, runner) -> None:
        """Hand what was kept to the runner's message hub, in order."""
        pending, self._pending = self._pending, []
        for names, stacked, numbers in pending:
            if stacked is not None:
                numbers = {**dict(zip(names, stacked.tolist())), **numbers}
            for name, value in numbers.items():
                runner.message_hub.update_scalar(f'train/{name}', value)

    def before_save_checkpoint(self, runner, checkpoint: dict) -> None:
        """A checkpoint holds the message hub: all that is kept belongs in it."""
        self.fetch(runner)
        checkpoint['message_hub'] = runner.message_hub.state_dict()

    def after_train(self, runner) -> None:
        """As the host's."""
        self.fetch(runner)
        super().after_train(runner)


def fetch_deferred(runner) -> None:
    """Let all :class:`DeferredScalarsHook` of a runner hand over what they kept."""
    for hook in runner.hooks:
        if isinstance(hook, DeferredScalarsHook):
            hook.fetch(runner)


def _wrappers(runner) -> list:
    wrapper = runner.optim_wrapper
    return list(wrapper.values()) if isinstance(wrapper, OptimWrapperDict) else [wrapper]
