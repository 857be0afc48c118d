"""A run stops at losses or weights that are no numbers, before a checkpoint holds them."""
from __future__ import annotations

import copy
import math
from collections import defaultdict, deque
from pathlib import Path
from statistics import fmean, median

import torch
from mmengine.dist import get_world_size
from mmengine.hooks import Hook
from mmpose.registry import HOOKS

from ..wrappers import unwrapped
from .training_state import checkpoint_due

NAMED_FRAMES = 4
# A leap: the mean of a loss over ``interval`` iterations beyond so many times the median of that
# mean over the last intervals, at least and at most so many.
LEAP, LEAST_INTERVALS, MOST_INTERVALS = 10.0, 8, 20


class NotFiniteError(RuntimeError):
    """A loss or a weight is NaN or infinite."""


@HOOKS.register_module()
class FiniteTrainingHook(Hook):
    """Ends training when a loss is NaN or infinite, or a weight that is about to be saved.

    The error names the iteration, the losses, the first frames of its batch, and what to do. On a
    GPU losses are looked at only every ``interval`` iterations, since looking waits for it, and
    before each checkpoint; on a CPU after each iteration.

    With ``skip`` such an iteration is undone instead: weights, statistics, optimizers and image
    pool are again those before it, the log names it, and the next batch follows. All is copied
    before each iteration and looked at after it. The log's means of that time hold the NaN.

    A loss that leaps to ten times what it was is named in the log.

    Args:
        interval (int): iterations between two looks on a GPU, and over which losses are compared.
        skip (int): iterations in a row that may be undone; one more ends training.

    Raises:
        ValueError: ``interval`` below 1, a negative ``skip``.
        RuntimeError: before training: ``skip`` with several ranks, which would drift apart.
    """

    priority = 'HIGH'  # before CheckpointHook

    def __init__(self, interval: int = 25, skip: int = 0) -> None:
        if interval < 1:
            raise ValueError(f'interval must be positive, got {interval}')
        if skip < 0:
            raise ValueError(f'skip must not be negative, got {skip}')
        self.interval, self.skip = interval, skip
        self._skipped = 0  # in a row
        self._before: dict = {}  # with ``skip``: the state before the iteration
        self._unseen: list[tuple] = []  # iteration, names and values of losses, draws of the frames
        self._recent: dict[str, list[float]] = defaultdict(list)
        self._means: dict[str, deque] = defaultdict(lambda: deque(maxlen=MOST_INTERVALS))

    def before_train(self, runner) -> None:
        """Refuse ``skip`` with several ranks."""
        if self.skip and get_world_size() > 1:
            raise RuntimeError('FiniteTrainingHook: skip works in one process; with several ranks '
                               'leave it at 0')

    def before_train_iter(self, runner, batch_idx, data_batch=None) -> None:
        """With ``skip``: copy what the iteration will change."""
        if self.skip:
            model = unwrapped(runner.model)
            self._before = copy.deepcopy(dict(model=model.state_dict(),
                                              optim_wrapper=runner.optim_wrapper.state_dict()))
            if hasattr(model, 'pool'):
                # Its images are replaced, never changed.
                self._before['pool'] = list(model.pool.images)

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None) -> None:
        """Keep the losses; look at them when it is time, and at the weights before they are saved.

        Raises:
            RuntimeError: one is not finite, and (with ``skip``) so it was before.
        """
        losses = {name: value.detach() for name, value in (outputs or {}).items()
                  if isinstance(value, torch.Tensor) and value.numel() == 1}
        on_gpu = any(value.is_cuda for value in losses.values())
        if losses:
            values = torch.stack([value.float().reshape(()) for value in losses.values()])
            pairs = data_batch.get('pairs') if isinstance(data_batch, dict) else None
            self._unseen.append((runner.iter, list(losses), values,
                                 None if pairs is None else pairs['draw']))
        # MMEngine removes the oldest checkpoint before it asks hooks about the new one.
        saved_next = checkpoint_due(runner)
        due = self.every_n_train_iters(runner, self.interval)
        try:
            if due or saved_next or self.skip or not on_gpu:
                self._look(runner)
            if saved_next or self.skip:
                self._look_at_weights(runner)
        except NotFiniteError as error:
            if self._skipped == self.skip:
                raise
            self._undo(runner, error)
        else:
            self._skipped = 0
        if due:
            self._name_leaps(runner)

    def before_val(self, runner) -> None:
        """Look at the losses; RuntimeError as above."""
        self._look(runner)

    def before_save_checkpoint(self, runner, checkpoint: dict) -> None:
        """Whoever saves: look at losses and weights; RuntimeError as above."""
        self._look(runner)
        self._look_at_weights(runner)

    def _undo(self, runner, error: NotFiniteError) -> None:
        self._skipped += 1
        model = unwrapped(runner.model)
        model.load_state_dict(self._before['model'])
        runner.optim_wrapper.load_state_dict(self._before['optim_wrapper'])
        if 'pool' in self._before:
            model.pool.images = self._before['pool']
        runner.logger.warning(f'{error}. SKIPPED: iteration {runner.iter + 1} is undone '
                              f'({self._skipped} of at most {self.skip} in a row)')

    def _look_at_weights(self, runner) -> None:
        names, weights = zip(*runner.model.named_parameters())
        finite = torch.stack([torch.isfinite(value).all() for value in weights]).tolist()
        spoilt = [name for name, good in zip(names, finite) if not good]
        if spoilt:
            raise NotFiniteError(
                f'{len(spoilt)} of the weights are NaN or infinite ({spoilt[0]}); no checkpoint holds '
                'them. ' + self._remedy(runner))

    def _look(self, runner) -> None:
        unseen, self._unseen = self._unseen, []
        if not unseen:
            return
        # One transfer for all.
        flat = iter(torch.cat([values for _, _, values, _ in unseen]).tolist())
        for iteration, names, _, draws in unseen:
            losses = {name: next(flat) for name in names}
            bad = [f'{name} {value}' for name, value in losses.items() if not math.isfinite(value)]
            if bad:
                raise NotFiniteError(f'iteration {iteration + 1}: {", ".join(bad)}. '
                                     + self._frames(runner, draws) + self._remedy(runner))
            for name, value in losses.items():
                self._recent[name].append(value)

    def _name_leaps(self, runner) -> None:
        for name, values in self._recent.items():
            mean, past = fmean(values), self._means[name]
            usual = median(past) if len(past) >= LEAST_INTERVALS else math.inf
            if name.startswith('loss') and mean > LEAP * usual > 0:
                runner.logger.warning(
                    f'{name} leapt to {mean:.4g}, {mean / usual:.0f} times its median of the last '
                    f'{len(past) * self.interval} iterations ({usual:.4g})')
            past.append(mean)
        self._recent.clear()

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
        named = Path(runner.work_dir) / 'last_checkpoint'
        start = f'The last checkpoint is {named.read_text().strip()}. ' if named.is_file() else ''
        return start + ('Look at these frames and the poses (tools/browse_dataset.py), or lower the '
                        'learning rates (optim_wrapper) or use no --amp')
