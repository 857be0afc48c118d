"""eta as stage one left it, kept on disk for runs that would train the same one again.

Stage one sees the prior alone. Its draws are functions of (seed, iteration, rank), so two runs
with the same prior, head, losses, optimizer and starting weights end it with the same eta, whatever
their clips, Phi, Psi and D are. Rows of a study then pay for it once.
"""
from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Optional

import numpy as np
import torch
from mmengine.dist import broadcast_object_list, get_world_size, is_main_process
from mmengine.logging import HistoryBuffer
from mmengine.model import is_model_wrapper
from torch import nn

from .file_backend import AtomicLocalBackend
from .hooks import KeypointEMAHook
from .hooks.training_state import plain

PACKAGE = Path(__file__).resolve().parents[1]
# Source files that decide what stage one computes.
SOURCES = ('ops', 'skeletons', 'datasets', 'models', 'engine', 'structures.py', 'compat.py')
# Settings of a dataloader that change its speed, not its batches.
LOADER_SPEED = ('num_workers', 'persistent_workers', 'pin_memory', 'prefetch_factor')


def sources_digest(package: Path = PACKAGE) -> str:
    """sha256 of every source file that stage one runs through, names and contents."""
    digest = hashlib.sha256()
    for name in SOURCES:
        path = package / name
        for file in sorted(path.rglob('*.py')) if path.is_dir() else [path]:
            digest.update(f'{file.relative_to(package).as_posix()}\0'.encode())
            digest.update(file.read_bytes() + b'\0')
    return digest.hexdigest()


def tensors_digest(tensors: Mapping[str, torch.Tensor]) -> str:
    """sha256 of names, types, shapes and values."""
    digest = hashlib.sha256()
    for name, tensor in tensors.items():
        digest.update(f'{name} {tensor.dtype} {tuple(tensor.shape)}\0'.encode())
        # Through uint8, because numpy has no bfloat16; contiguous, because weights may be
        # channels-last.
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        digest.update(flat.view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def stage_one_schedulers(param_scheduler, pretrain_iters: int) -> list:
    """Configs of the head's schedulers, without those that begin only after stage one."""
    if isinstance(param_scheduler, Mapping) and 'type' not in param_scheduler:
        param_scheduler = param_scheduler.get('head')
    if param_scheduler is None:
        return []
    if isinstance(param_scheduler, Mapping):
        param_scheduler = [param_scheduler]
    return [entry for entry in param_scheduler
            if entry.get('by_epoch', True) or entry.get('begin', 0) < pretrain_iters]


class StageOneCache:
    """Reads and writes the end of stage one for one training loop.

    The key is a hash of what stage one depends on: the head's starting weights, which follow from
    the seed and from all that was built before the head; the configs of the head, of its loss, its
    augmentation, its optimizer and its schedulers; the prior's config and its poses themselves;
    the averaging of weights; seed, ``pretrain_iters``, ranks, threads, device, torch; and the
    package's sources. A wrong hit is thus ruled out, at the price of some needless misses.

    A file holds eta's raw weights and their average, the optimizer's moments, and how long stage
    one took. Learning rates are not in it: the schedulers of all optimizers are stepped
    ``pretrain_iters`` times. What a cached run lacks is the record of stage one: its log lines,
    validations, sheets and checkpoints.

    Args:
        cache_dir: folder of the files, made when needed; every rank must see the same.
        runner (Runner): the runner, its model not yet trained.
        pretrain_iters: iterations of stage one.
        prior_dataset: the loop's prior, with ``poses`` and ``visible`` (arrays).
    """

    def __init__(self, cache_dir: str, runner, pretrain_iters: int, prior_dataset) -> None:
        self.runner = runner
        self.pretrain_iters = pretrain_iters
        self.model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        self.ema: Optional[nn.Module] = next(
            (hook.ema_model for hook in runner.hooks if isinstance(hook, KeypointEMAHook)), None)
        key = json.dumps(self._key(prior_dataset), sort_keys=True)
        self.path = Path(cache_dir) / f'{hashlib.sha256(key.encode()).hexdigest()}.pth'

    def _key(self, prior_dataset) -> dict:
        runner, cfg = self.runner, self.runner.cfg
        loader = {key: value for key, value in cfg.train_cfg.prior_dataloader.to_dict().items()
                  if key not in LOADER_SPEED}
        groups = runner.optim_wrapper['head'].optimizer.param_groups
        ema = next((hook for hook in runner.hooks if isinstance(hook, KeypointEMAHook)), None)
        device = next(self.model.parameters()).device.type
        return plain(dict(
            weights=tensors_digest(self.model.head.state_dict()),
            head=cfg.model.head.to_dict(),
            model={key: cfg.model.get(key)
                   for key in ('type', 'loss_prior', 'head_augment', 'channels_last',
                               'compile_networks')},
            optim_wrapper=cfg.optim_wrapper.head.to_dict(),
            optimizer=[{key: value for key, value in group.items() if key != 'params'}
                       for group in groups],
            schedulers=stage_one_schedulers(cfg.get('param_scheduler'), self.pretrain_iters),
            prior=loader,
            poses=tensors_digest({name: torch.from_numpy(
                np.ascontiguousarray(getattr(prior_dataset, name))) for name in
                ('poses', 'visible')}),
            ema=None if ema is None else [ema.ema_cfg, ema.begin_iter],
            run=[runner.seed, self.pretrain_iters, get_world_size(), cfg.get('randomness'),
                 cfg.get('sync_bn'), cfg.get('model_wrapper_cfg'),
                 torch.get_num_threads(), device, torch.__version__],
            sources=sources_digest()))

    def load(self) -> bool:
        """Put the run where stage one ends, if a file for this key exists.

        All ranks take the file that rank 0 found.

        Returns:
            whether there was one.
        """
        found = [self.path.is_file()]
        broadcast_object_list(found)
        if not found[0]:
            return False
        state = torch.load(self.path, map_location='cpu', weights_only=True)
        self.model.head.load_state_dict(state['head'])
        self.model.head_is_frozen.fill_(False)  # as each iteration of stage one does
        if self.ema is not None:
            # Phi and Psi, which stage one does not touch, are their own averages.
            for name, average in self.ema.module.items():
                average.load_state_dict(getattr(self.model, name).state_dict())
            self.ema.module.head.load_state_dict(state['ema_head'])
            self.ema.steps.fill_(state['ema_steps'])
        self._step_schedulers()
        wrapper = self.runner.optim_wrapper['head']
        wrapper.load_state_dict(dict(
            state['optimizer'], param_groups=wrapper.state_dict()['param_groups']))
        hub = self.runner.message_hub
        # What StageTimerHook counts on from, and what tells the time of a cached stage one.
        hub.update_info('train_seconds', state['train_seconds'])
        hub.update_info('cached_stage_one_seconds', state['iteration_seconds'])
        return True

    def save(self) -> None:
        """Write the file, on rank 0, right after the last iteration of stage one."""
        if not is_main_process():
            return
        wrapper = self.runner.optim_wrapper['head'].state_dict()
        del wrapper['param_groups']
        hub = self.runner.message_hub
        times: HistoryBuffer = hub.get_scalar('train/time')
        state = dict(
            head=self.model.head.state_dict(), optimizer=plain(wrapper),
            train_seconds=float(hub.get_info('train_seconds', 0.0)),
            iteration_seconds=float(np.sum(times.data[0])))
        if self.ema is not None:
            state.update(ema_head=self.ema.module.head.state_dict(),
                         ema_steps=int(self.ema.steps))
        buffer = io.BytesIO()
        torch.save(state, buffer)
        AtomicLocalBackend().put(buffer.getvalue(), self.path)

    def _step_schedulers(self) -> None:
        """What ParamSchedulerHook would have done in ``pretrain_iters`` iterations."""
        schedulers = self.runner.param_schedulers or {}
        lists = schedulers.values() if isinstance(schedulers, dict) else [schedulers]
        stepped = [one for some in lists for one in some if not one.by_epoch]
        # All of them each iteration: chained schedulers multiply one rate in turn.
        for _ in range(self.pretrain_iters):
            for scheduler in stepped:
                scheduler.step()
