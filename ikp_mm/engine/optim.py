"""One optimizer constructor: name -> modules."""
from __future__ import annotations

import copy
from typing import Optional

from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmpose.registry import OPTIM_WRAPPER_CONSTRUCTORS, OPTIM_WRAPPERS, OPTIMIZERS
from torch import nn


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class NamedOptimWrapperConstructor:
    """Build an ``OptimWrapperDict`` from entries that name the modules they train.

    Example::

        optim_wrapper = dict(
            constructor='NamedOptimWrapperConstructor',
            translator=dict(modules=['backbone', 'neck', 'generator'],
                            optimizer=dict(type='Adam', lr=2e-4, betas=(0.5, 0.999)),
                            clip_grad=dict(max_norm=1.0)),
            discriminator=dict(modules=['discriminator'], optimizer=...),
            head=dict(modules=['head'], optimizer=...))

    Frozen parameters (a backbone's ``frozen_stages``) are in no optimizer: weight decay, or the
    zero gradients that ranks exchange for absent ones, would move them.

    Args:
        optim_wrapper_cfg (dict): name -> dict(modules, optimizer, [type], [clip_grad], ...).
        paramwise_cfg (dict | None): not supported, must be None.

    Raises:
        ValueError: something that is no entry (what MMPose's own ``--amp`` adds), an entry without
            ``modules`` or trainable parameters, a module named twice or unknown, a trainable
            parameter that no entry or two of them train, or ``paramwise_cfg``.
    """

    def __init__(self, optim_wrapper_cfg: dict, paramwise_cfg: Optional[dict] = None) -> None:
        if paramwise_cfg is not None:
            raise ValueError('NamedOptimWrapperConstructor takes no paramwise_cfg: give each '
                             'entry its own optimizer settings')
        stray = [key for key, entry in optim_wrapper_cfg.items() if not isinstance(entry, dict)]
        if stray:
            raise ValueError(f'optim_wrapper.{stray[0]} is no entry that names modules. MMPose\'s '
                             'own train.py --amp writes it: use tools/train.py --amp')
        self.entries = optim_wrapper_cfg

    def __call__(self, model: nn.Module) -> OptimWrapperDict:
        model = getattr(model, 'module', model)
        wrappers: dict[str, OptimWrapper] = {}
        owners: dict[str, str] = {}
        trained: dict[nn.Parameter, str] = {}
        for name, entry in self.entries.items():
            entry = copy.deepcopy(entry)
            modules = entry.pop('modules', None)
            if not modules:
                raise ValueError(f'optim_wrapper.{name} must name the modules that it trains')
            parameters = []
            for module in modules:
                if module in owners:
                    raise ValueError(f'module "{module}" is in optim_wrapper.{owners[module]} '
                                     f'and optim_wrapper.{name}')
                if not hasattr(model, module):
                    raise ValueError(f'optim_wrapper.{name}: the model has no module "{module}"')
                owners[module] = name
                for parameter in getattr(model, module).parameters():
                    if not parameter.requires_grad:
                        continue
                    if parameter in trained:
                        raise ValueError(f'"{module}" and "{trained[parameter]}" share a '
                                         'parameter: name one of them')
                    trained[parameter] = module
                    parameters.append(parameter)
            if not parameters:
                raise ValueError(f'optim_wrapper.{name}: nothing in {modules} is trainable')
            optimizer = OPTIMIZERS.build(dict(entry.pop('optimizer'), params=parameters))
            entry.setdefault('type', 'AllReduceOptimWrapper')
            wrapper = OPTIM_WRAPPERS.build(dict(entry, optimizer=optimizer))
            # All wrappers would log their norms under one key.
            if wrapper.clip_grad_kwargs:
                wrapper.grad_name = f'{name}.{wrapper.grad_name}'
            wrappers[name] = wrapper
        left_out = sorted({n.split('.')[0] for n, p in model.named_parameters()
                           if p.requires_grad} - set(owners))
        if left_out:
            raise ValueError(f'no optim_wrapper entry trains the modules {left_out}')
        return OptimWrapperDict(**wrappers)
