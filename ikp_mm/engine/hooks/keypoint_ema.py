"""Exponential moving average of what ships, Phi and eta, and of Psi, which is judged with them."""
from __future__ import annotations

from mmengine.hooks import EMAHook
from mmpose.registry import HOOKS, MODELS
from torch import nn

from ..wrappers import unwrapped


@HOOKS.register_module()
class KeypointEMAHook(EMAHook):
    """``EMAHook`` over ``backbone``, ``head`` and, where there are, ``neck`` and ``generator``.

    Psi, by which the label-free score reconstructs from what averaged Phi and eta find, is
    averaged alike. So are buffers: BatchNorm statistics of the newest weights do not fit the
    averaged ones while Phi still moves fast.

    As with the parent, validation and the checkpoint's ``state_dict`` hold the averages, and the
    raw weights travel in ``ema_state_dict`` for a resume.

    Args:
        momentum (float): weight of the newest parameters in the average.
    """

    MODULES = ('backbone', 'neck', 'head', 'generator')

    def __init__(self, momentum: float = 0.002) -> None:
        super().__init__(ema_type='ExponentialMovingAverage', momentum=momentum,
                         update_buffers=True)

    def before_run(self, runner) -> None:
        """Average a view of the model, so that parameter names stay those of the model."""
        model = unwrapped(runner.model)
        self.src_model = nn.ModuleDict({
            name: getattr(model, name) for name in self.MODULES if hasattr(model, name)})
        self.ema_model = MODELS.build(self.ema_cfg, default_args=dict(model=self.src_model))

    def after_load_checkpoint(self, runner, checkpoint: dict) -> None:
        """Restore the averages on a resume; start from the loaded weights otherwise.

        Raises:
            KeyError: resumed from a checkpoint that lacks averages.
        """
        if runner._resume:
            averages = checkpoint.get('ema_state_dict')
            if averages is None:
                raise KeyError('cannot resume exactly: the checkpoint has no "ema_state_dict"; '
                               'it was saved without KeypointEMAHook')
            for name in self.src_model:
                if not any(key.startswith(f'module.{name}.') for key in averages):
                    raise KeyError(f'cannot resume exactly: the checkpoint has no average of the '
                                   f'{name}; an older version of ikp_mm saved it. Start from it '
                                   'with load_from')
            super().after_load_checkpoint(runner, checkpoint)
            return
        own = {key: value for key, value in checkpoint.get('state_dict', checkpoint).items()
               if key.startswith(tuple(f'{name}.' for name in self.MODULES))}
        self.ema_model.module.load_state_dict(own, strict=False)
