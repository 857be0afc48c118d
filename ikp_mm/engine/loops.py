"""Training in two stages with two data sources, and label-free validation.

Paper: arXiv 1907.02055, section 3.2 (eta is pre-trained offline, then fine-tuned beside the GAN).
"""
from __future__ import annotations

import random
from typing import Iterator, Union

import numpy as np
import torch
from mmengine.dist import get_rank, get_world_size
from mmengine.evaluator import Evaluator
from mmengine.runner import BaseLoop, IterBasedTrainLoop, ValLoop
from mmpose.registry import LOOPS
from torch.utils.data import DataLoader

from .wrappers import unwrapped


def seed_iteration(seed: int, iteration: int, rank: int) -> None:
    """Seed python, numpy and torch from (seed, iteration, rank).

    All chance of an iteration is thus a function of these three numbers: there is no generator
    state to save, and a resumed run does what the unbroken one would have done.
    """
    words = np.random.SeedSequence([seed, iteration, rank]).generate_state(3)
    random.seed(int(words[0]))
    np.random.seed(int(words[1]))
    torch.manual_seed(int(words[2]))


@LOOPS.register_module()
class KeypointGANTrainLoop(IterBasedTrainLoop):
    """Stage one trains eta on the prior alone; stage two is the GAN, eta fine-tuned beside it.

    Both dataloaders need a :class:`ikp_mm.clips.GlobalDrawSampler`: its position, a number of
    *draws*, follows from the iteration (and, after a resume, from the checkpoint), so a resume
    neither replays nor skips a sample, whatever its batch size or number of ranks.

    Args:
        dataloader (DataLoader | dict): frame pairs.
        prior_dataloader (DataLoader | dict): prior poses.
        max_iters (int): iterations of both stages together.
        pretrain_iters (int): iterations of stage one; 0 when eta comes from a checkpoint.
        warm_up_iters (int): first iterations of stage two in which Phi waits: Psi and D, untrained
            as they are, would undo what it learnt in stage one. 0 is the reference.
        runner, val_begin, val_interval: as in ``IterBasedTrainLoop``.

    Raises:
        ValueError: ``pretrain_iters`` outside [0, max_iters], ``warm_up_iters`` negative.
    """

    def __init__(self, runner, dataloader: Union[DataLoader, dict],
                 prior_dataloader: Union[DataLoader, dict], max_iters: int,
                 pretrain_iters: int, val_begin: int = 1, val_interval: int = 1000,
                 warm_up_iters: int = 0) -> None:
        if not 0 <= pretrain_iters <= max_iters:
            raise ValueError(f'pretrain_iters={pretrain_iters} must lie in 0..max_iters='
                             f'{max_iters}')
        if warm_up_iters < 0:
            raise ValueError(f'warm_up_iters must not be negative, got {warm_up_iters}')
        if warm_up_iters >= max_iters - pretrain_iters > 0:
            runner.logger.warning(
                f'warm_up_iters={warm_up_iters} is all of stage two (pretrain_iters='
                f'{pretrain_iters}, max_iters={max_iters}): Phi will learn from figures alone')
        # Not the parent's: it starts loader workers before a resume can bring another seed.
        BaseLoop.__init__(self, runner, dataloader)
        self._max_iters, self._max_epochs = max_iters, 1
        self._iter, self._epoch = 0, 0
        self.val_begin, self.val_interval = val_begin, val_interval
        self.stop_training = False
        if isinstance(prior_dataloader, dict):
            prior_dataloader = runner.build_dataloader(prior_dataloader, seed=runner.seed)
        self.prior_dataloader = prior_dataloader
        self.pretrain_iters, self.warm_up_iters = pretrain_iters, warm_up_iters
        self.pairs_in_stage_one = getattr(unwrapped(runner.model), 'pairs_in_stage_one', False)
        # Where this process took over: the iteration, and the draws of all ranks before it.
        self._start, self._draws_before = 0, dict(prior=0, pairs=0)

    @property
    def stage(self) -> str:
        """``'prior'``, ``'warm_up'`` or ``'gan'``: what the current iteration does."""
        if self._iter < self.pretrain_iters:
            return 'prior'
        return 'warm_up' if self._iter < self.pretrain_iters + self.warm_up_iters else 'gan'

    def global_batch(self) -> dict[str, int]:
        """Draws of all ranks together in one iteration, of ``prior`` and of ``pairs``."""
        return dict(prior=self.prior_dataloader.batch_size * get_world_size(),
                    pairs=self.dataloader.batch_size * get_world_size())

    def draws_before(self, iteration: int) -> dict[str, int]:
        """Draws of all ranks together, ``prior`` and ``pairs``, before ``iteration``."""
        begun = dict(prior=self._start, pairs=(
            self._start if self.pairs_in_stage_one else max(self._start, self.pretrain_iters)))
        return {name: self._draws_before[name] + max(0, iteration - begun[name]) * batch
                for name, batch in self.global_batch().items()}

    def continue_draws(self, iteration: int, made: dict[str, int]) -> None:
        """Go on at ``iteration`` after the draws that a checkpoint says were made before it."""
        self._start, self._draws_before = iteration, dict(made)

    def _iterate(self, dataloader: DataLoader, draws_consumed: int) -> Iterator[dict]:
        """Batches of ``dataloader`` from the given draw on, without end."""
        # After a resume the run's seed may be the checkpoint's.
        dataloader.sampler.set_seed(self.runner.seed)
        dataloader.sampler.seek(draws_consumed)
        return iter(dataloader)

    def run(self) -> torch.nn.Module:
        """Train from the current iteration to ``max_iters``."""
        runner = self.runner
        runner.call_hook('before_train')
        runner.call_hook('before_train_epoch')
        # A checkpoint is written before the validation of its iteration: that one is made (again).
        if runner._resume and self._iter > 0:
            self._validate_if_due()
        if self.pretrain_iters == 0 and not runner._has_loaded:
            runner.logger.warning(
                'pretrain_iters=0 and no checkpoint was loaded: unless model.head.init_cfg loads '
                'one, the GAN starts with, and flip-corrected results rest on, a random eta')
        prior = self._iterate(self.prior_dataloader, self.draws_before(self._iter)['prior'])
        pairs = None
        while self._iter < self._max_iters and not self.stop_training:
            runner.model.train()
            batch = dict(stage=self.stage, iteration=self._iter, prior=next(prior))
            if self.stage != 'prior' or self.pairs_in_stage_one:
                if pairs is None:
                    pairs = self._iterate(self.dataloader, self.draws_before(self._iter)['pairs'])
                batch['pairs'] = next(pairs)
            seed_iteration(runner.seed, self._iter, get_rank())
            self.run_iter(batch)
            self._validate_if_due()
        runner.call_hook('after_train_epoch')
        runner.call_hook('after_train')
        return runner.model

    def _validate_if_due(self) -> None:
        if (self.runner.val_loop is not None and self._iter >= self.val_begin
                and (self._iter % self.val_interval == 0 or self._iter == self._max_iters)):
            self.runner.val_loop.run()


@LOOPS.register_module()
class LabelFreeValLoop(ValLoop):
    """Validation on labelled frames, then the label-free score on frame pairs.

    The score needs no label, so it may drive ``save_best`` where the labelled error may not.
    Both stand side by side in one dict of metrics.

    Args:
        runner, dataloader, evaluator, fp16: as in ``ValLoop``.
        pairs_dataloader (DataLoader | dict): fixed frame pairs, in a fixed order.
        pairs_evaluator (dict | list): evaluator of the pairs, ``LabelFreeScore``.
    """

    def __init__(self, runner, dataloader, evaluator, pairs_dataloader: Union[DataLoader, dict],
                 pairs_evaluator: Union[dict, list], fp16: bool = False) -> None:
        super().__init__(runner, dataloader, evaluator, fp16)
        if isinstance(pairs_dataloader, dict):
            pairs_dataloader = runner.build_dataloader(pairs_dataloader, seed=runner.seed)
        self.pairs_dataloader = pairs_dataloader
        self.pairs_evaluator: Evaluator = runner.build_evaluator(pairs_evaluator)
        self.pairs_evaluator.dataset_meta = self.evaluator.dataset_meta

    @torch.no_grad()
    def run(self) -> dict:
        """Validate; returns the metrics of both evaluators."""
        runner = self.runner
        runner.call_hook('before_val')
        runner.call_hook('before_val_epoch')
        runner.model.eval()
        for index, batch in enumerate(self.dataloader):
            self.run_iter(index, batch)
        metrics = self.evaluator.evaluate(len(self.dataloader.dataset))
        for batch in self.pairs_dataloader:
            self.pairs_evaluator.process(
                data_samples=runner.model.val_step(batch), data_batch=None)
        metrics.update(self.pairs_evaluator.evaluate(len(self.pairs_dataloader.dataset)))
        runner.call_hook('after_val_epoch', metrics=metrics)
        runner.call_hook('after_val')
        return metrics
