"""Remaining time of a run whose two stages differ in speed."""
from __future__ import annotations

import time

from mmengine.hooks import IterTimerHook
from mmpose.registry import HOOKS


@HOOKS.register_module()
class StageTimerHook(IterTimerHook):
    """``IterTimerHook`` whose ETA is that of the current stage.

    An iteration of stage two costs tens of times one of stage one: an average over both says
    nothing. Stage two is the last, so there the ETA is the run's.

    Also sums the seconds of training, all validations but the last included, over all sessions of
    a run into the message hub's ``train_seconds``, which checkpoints keep.
    """

    def before_train(self, runner) -> None:
        """Start the clock of the stage that training begins in."""
        super().before_train(runner)
        self._stage, self._stage_seconds, self._stage_iters = None, 0.0, 0
        self._last_tick = time.perf_counter()
        self._train_seconds = runner.message_hub.get_info('train_seconds', 0.0)

    def _after_iter(self, runner, batch_idx: int, data_batch=None, outputs=None,
                    mode: str = 'train') -> None:
        super()._after_iter(runner, batch_idx, data_batch, outputs, mode)
        if mode != 'train':
            return
        now = time.perf_counter()
        self._train_seconds += now - self._last_tick
        self._last_tick = now
        runner.message_hub.update_info('train_seconds', self._train_seconds)
        loop = runner.train_loop
        if loop.stage != self._stage:
            self._stage, self._stage_seconds, self._stage_iters = loop.stage, 0.0, 0
        self._stage_seconds += runner.message_hub.get_scalar('train/time').current()
        self._stage_iters += 1
        end = loop.pretrain_iters if loop.stage == 'prior' else loop.max_iters
        runner.message_hub.update_info(
            'eta', self._stage_seconds / self._stage_iters * (end - runner.iter - 1))
