"""A run stops at losses or weights that are no numbers, before a checkpoint holds them."""
from __future__ import annotations

import torch
from mmengine.hooks import Hook
from mmpose.registry import HOOKS

NAMED_FRAMES = 4


@HOOKS.register_module()
class FiniteTrainingHook(Hook):
    """Ends training when a loss is NaN or infinite, or a weight that is about to be saved.

    The error names the iteration, the losses, the first frames of its batch, and what to do. On a
    GPU losses are looked at only every ``interval`` iterations, since looking waits for it, and
    before each checkpoint; on a CPU after each iteration.

    Args:
        interval (int): iterations between two looks on a GPU.
    """

    priority = 'HIGH'  # before CheckpointHook

    def __init__(self, interval: int = 25) -> None:
        self.interval = interval
        self._unseen: list[tuple] = []  # iteration, names and values of losses, draws of the frames

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None) -> None:
        """Keep the losses; look at them when it is time.

        Raises:
            RuntimeError: one is not finite.
        """
        losses = {name: value.detach() for name, value in (outputs or {}).items()
                  if isinstance(value, torch.Tensor) and value.numel() == 1}
        if not losses:
            return
        values = torch.stack([value.float().reshape(()) for value in losses.values()])
        pairs = data_batch.get('pairs') if isinstance(data_batch, dict) else None
        self._unseen.append((runner.iter, list(losses), values,
                             None if pairs is None else pairs['draw']))
        if not values.is_cuda or self.every_n_train_iters(runner, self.interval):
            self._look(runner)

    def before_save_checkpoint(self, runner, checkpoint: dict) -> None:
        """Look at the losses so far and at the weights; RuntimeError as above."""
        self._look(runner)
        spoilt = [name for name, value in checkpoint['state_dict'].items()
                  if value.is_floating_point() and not torch.isfinite(value).all()]
        if spoilt:
            raise RuntimeError(
                f'{len(spoilt)} of the weights are NaN or infinite after iteration '
                f'{checkpoint["meta"]["iter"]} ({spoilt[0]}): no checkpoint is written. '
                + self._remedy(runner))

    def _look(self, runner) -> None:
        unseen, self._unseen = self._unseen, []
        if not unseen:
            return
        finite = torch.stack([torch.isfinite(values).all() for _, _, values, _ in unseen]).tolist()
        if all(finite):
            return
        iteration, names, values, draws = unseen[finite.index(False)]
        bad = [f'{name} {value}' for name, value in zip(names, values.tolist())
               if not torch.isfinite(torch.tensor(value))]
        raise RuntimeError(f'iteration {iteration + 1}: {", ".join(bad)}. '
                           + self._frames(runner, draws) + self._remedy(runner))

    @staticmethod
    def _frames(runner, draws) -> str:
        dataset = runner.train_loop.dataloader.dataset
        if draws is None or not hasattr(dataset, 'pair_of'):
            return ''
        pairs = [dataset.pair_of(int(draw)) for draw in draws]
        named = [f"clip '{dataset.clips.name(clip)}' frames {t} and {other}"
                 for clip, t, other in pairs[:NAMED_FRAMES]]
        rest = len(pairs) - len(named)
        return f'Its frames: {", ".join(named)}' + (f' and {rest} pairs more. ' if rest else '. ')

    @staticmethod
    def _remedy(runner) -> str:
        last = runner.message_hub.get_info('last_ckpt') if \
            'last_ckpt' in runner.message_hub.runtime_info else None
        start = f'The last checkpoint before it is {last}. ' if last else ''
        return start + ('Look at these frames and the poses (tools/browse_dataset.py), or lower the '
                        'learning rates (optim_wrapper) or use no --amp')
