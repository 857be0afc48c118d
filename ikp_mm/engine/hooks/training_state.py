"""The training state that MMEngine does not save, in a checkpoint that loads safely."""
from __future__ import annotations

from numbers import Number
from pathlib import Path

import numpy as np
import torch
from mmengine.dist import all_gather_object, get_rank, get_world_size
from mmengine.hooks import CheckpointHook, Hook
from mmengine.logging import HistoryBuffer
from mmpose.registry import HOOKS

from ikp_mm.io.sessions import note_session
from ikp_mm.literals import plain_config

from ..wrappers import unwrapped


def plain(value):
    """Tensors, numbers, strings, lists and dicts only: what ``weights_only=True`` loads.

    Raises TypeError, naming the value, where there is no plain form.
    """
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (str, bool, Number, torch.Tensor)):
        return value
    raise TypeError(f'cannot put a {type(value).__name__} into a checkpoint: {value!r}')


def checkpoint_due(runner) -> bool:
    """Whether a ``CheckpointHook`` saves after this iteration."""
    return any(hook.every_n_train_iters(runner, hook.interval, hook.save_begin)
               or (hook.save_last and hook.is_last_train_iter(runner))
               for hook in runner.hooks if isinstance(hook, CheckpointHook) and not hook.by_epoch)


def flatten_hub(state: dict) -> dict:
    """A message hub's state with each history buffer as two tensors and its length."""
    scalars = {key: dict(values=torch.as_tensor(buffer.data[0]),
                         counts=torch.as_tensor(buffer.data[1]), max_length=buffer.max_length)
               for key, buffer in state['log_scalars'].items()}
    return dict(log_scalars=scalars, runtime_info=plain(dict(state['runtime_info'])),
                resumed_keys=plain(dict(state['resumed_keys'])))


def rebuild_hub(state: dict) -> dict:
    """Inverse of :func:`flatten_hub`."""
    return dict(state, log_scalars={
        key: HistoryBuffer(saved['values'].cpu().numpy(), saved['counts'].cpu().numpy(),
                           saved['max_length'])
        for key, saved in state['log_scalars'].items()})


@HOOKS.register_module()
class PlainCheckpointHook(Hook):
    """Makes any run's checkpoints plain: they load with ``weights_only=True``. Notes its sessions.

    MMEngine's own hold history buffers and the arrays of ``dataset_meta``, which torch >= 2.6
    refuses, and the configuration as Python text (``meta['cfg']``). ``meta['config_data']`` is the
    same as plain values, which need not be run to be read.
    """

    priority = 'ABOVE_NORMAL'  # before CheckpointHook
    _config_data: dict | None = None

    def before_train(self, runner) -> None:
        """Note the session; take the configuration, or say what in it cannot be kept."""
        if get_rank() == 0:
            note_session(Path(runner.work_dir), Path(runner.log_dir).name)
        try:
            self._config_data = plain_config(runner.cfg)
        except TypeError as error:
            runner.logger.warning(
                f'{error}: checkpoints of this run do not hold their configuration as data, and '
                'demo, export and the like will ask for the file (--config)')

    def before_save_checkpoint(self, runner, checkpoint: dict) -> None:
        """Flatten what ``weights_only=True`` would refuse; add the configuration."""
        checkpoint['message_hub'] = flatten_hub(checkpoint['message_hub'])
        for key in ('meta', 'optimizer', 'param_schedulers'):
            if key in checkpoint:
                checkpoint[key] = plain(checkpoint[key])
        if self._config_data is not None:
            checkpoint['meta']['config_data'] = self._config_data

    def after_load_checkpoint(self, runner, checkpoint: dict) -> None:
        """Restore the message hub on a resume."""
        if not runner._resume:
            return
        checkpoint['message_hub'] = rebuild_hub(checkpoint['message_hub'])
        # The work directory may be a copy, or moved: only its own best checkpoint is replaced.
        info = checkpoint['message_hub']['runtime_info']
        for key in [key for key in info if key.startswith('best_ckpt')]:
            here = Path(runner.work_dir) / Path(info[key]).name
            if here.is_file():
                info[key] = str(here)
            else:
                del info[key]
        # The runner compares pickles, where an array and the list it was saved as differ.
        current = getattr(runner.train_dataloader.dataset, 'metainfo', None)
        meta = checkpoint['meta']
        if current is not None and plain(current) == meta.get('dataset_meta'):
            meta['dataset_meta'] = current


def deal_pools(pools: list[dict], num_ranks: int, size: int) -> tuple[list[dict], int]:
    """Share saved image pools out over another number of ranks.

    Args:
        pools (list[dict]): ``ImagePool.state_dict()`` of each rank that saved.
        num_ranks (int): ranks now; rank r of R gets every R-th image from the r-th on.
        size (int): images that a pool holds; what a rank is dealt beyond is dropped.

    Returns:
        the pools of the new ranks; the number of images dropped.
    """
    images = [image for pool in pools for image in pool.get('images', ())]
    shares = [images[rank::num_ranks] for rank in range(num_ranks)]
    dealt = [dict(images=torch.stack(share[:size])) if share[:size] else {} for share in shares]
    return dealt, sum(len(share[size:]) for share in shares)


@HOOKS.register_module()
class TrainingStateHook(PlainCheckpointHook):
    """Saves and restores the image pool of every rank, and makes checkpoints plain.

    Running means are buffers of their loss, chance follows from (seed, iteration, rank), and the
    checkpoint says how many draws of the data all ranks had made: with the pools the state is
    whole.

    ``Runner.save_checkpoint`` runs on rank 0 alone, where a collective would hang: with several
    ranks the pools are gathered right before each hook that may save.

    Args:
        allow_other_world_size (bool): let another number of ranks than saved a checkpoint resume
            from it. The data go on where they were; the pools are dealt out anew; what follows is
            not what the unbroken run would have done.
    """

    def __init__(self, allow_other_world_size: bool = False) -> None:
        self.allow_other_world_size = allow_other_world_size
        self._gathered: list[dict] = []

    def _gather(self, runner) -> None:
        self._gathered = all_gather_object(unwrapped(runner.model).pool.state_dict())

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None) -> None:
        """Gather the pools when the checkpoint hook is about to save."""
        if get_world_size() > 1 and checkpoint_due(runner):
            self._gather(runner)

    def before_val_epoch(self, runner) -> None:
        """Gather the pools: a best checkpoint may be saved after validation."""
        if get_world_size() > 1:
            self._gather(runner)

    def before_save_checkpoint(self, runner, checkpoint: dict) -> None:
        """Add pools and draws; flatten what ``weights_only=True`` would refuse."""
        if get_world_size() == 1:
            self._gather(runner)
        checkpoint['image_pools'] = self._gathered
        checkpoint['draws'] = dict(
            consumed=runner.train_loop.draws_before(checkpoint['meta']['iter']),
            global_batch=runner.train_loop.global_batch())
        super().before_save_checkpoint(runner, checkpoint)

    def after_load_checkpoint(self, runner, checkpoint: dict) -> None:
        """Restore this rank's pool, the position in the data and the message hub.

        Raises:
            KeyError: the checkpoint holds no pools, no optimizers or no draws.
            RuntimeError: it was saved with another number of ranks.
        """
        if not runner._resume:
            return
        for key, reason in (('image_pools', 'it was saved without TrainingStateHook'),
                            ('optimizer', 'the best checkpoint is for testing'),
                            ('draws', 'an older version of ikp_mm saved it')):
            if key not in checkpoint:
                raise KeyError(f'cannot resume exactly: the checkpoint has no "{key}"; {reason}. '
                               'Start from it with load_from')
        pool, pools = unwrapped(runner.model).pool, checkpoint['image_pools']
        saved, now = len(pools), get_world_size()
        if saved != now:
            if not self.allow_other_world_size:
                raise RuntimeError(
                    f'the checkpoint was saved by {saved} ranks and this run has {now}: resume '
                    'with as many, or ask for it: --cfg-options '
                    'default_hooks.training_state.allow_other_world_size=True')
            pools, dropped = deal_pools(pools, now, pool.size)
            runner.logger.warning(
                f'{now} ranks go on from {saved}: not exactly what the unbroken run would do. '
                f'Image pools dealt out anew, {dropped} images dropped')
        pool.load_state_dict(pools[get_rank()], next(runner.model.parameters()).device)
        draws, loop = checkpoint['draws'], runner.train_loop
        loop.continue_draws(checkpoint['meta']['iter'], draws['consumed'])
        if loop.global_batch() != draws['global_batch']:
            runner.logger.warning(
                f'all ranks together now take {loop.global_batch()} an iteration, before '
                f'{draws["global_batch"]}: the data go on after draws {draws["consumed"]}')
        super().after_load_checkpoint(runner, checkpoint)
