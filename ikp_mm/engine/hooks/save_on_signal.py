"""SIGTERM and Ctrl-C save a run before they end it."""
from __future__ import annotations

import functools
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Sequence

from mmengine.dist import get_world_size
from mmengine.hooks import CheckpointHook, Hook
from mmpose.registry import HOOKS
from torch.utils.data import DataLoader

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def resume_command(arguments: Sequence[str]) -> str:
    """The command of a process (``sys.argv``) that goes on from its last checkpoint."""
    kept, rest = [], list(arguments)
    while rest:
        argument = rest.pop(0)
        if argument == '--resume':
            if rest and not rest[0].startswith('-'):
                rest.pop(0)  # the checkpoint that it began from
        elif not argument.startswith('--resume='):
            kept.append(argument)
    return shlex.join(['python', *kept, '--resume'])


def outlive_first_signal(begin: Callable[[int], None] | None, worker: int) -> None:
    """What a loader worker begins with: a terminal, ``timeout`` and Slurm signal the whole group of
    processes, and the run needs its workers until it has saved."""
    if begin is not None:
        begin(worker)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A second one, or the end of the run, ends it.
    signal.signal(signal.SIGTERM, lambda number, frame: signal.signal(number, signal.SIG_DFL))


@HOOKS.register_module()
class SaveOnSignalHook(Hook):
    """The first SIGTERM or SIGINT saves a checkpoint after the iteration at hand, prints the command
    that goes on from there and ends the process with status 128 + the signal's number, as a shell
    would report it. A second one ends it at once.

    Only for runs of iterations with a ``CheckpointHook``, one rank and the main thread: several
    ranks would have to agree on the iteration, and end at once as ever. Signals that are ignored
    (a script's background jobs ignore SIGINT) stay so. The workers of a ``KeypointGANTrainLoop``
    outlive a signal to the whole group of processes; those of MMEngine's loops are started before
    any hook is asked.
    """

    priority = 'LOWEST'  # after CheckpointHook

    def __init__(self) -> None:
        self._received: int | None = None
        self._previous: dict = {}

    def before_train(self, runner) -> None:
        """Take over the signals."""
        self._checkpoints = next((hook for hook in runner.hooks if isinstance(hook, CheckpointHook)
                                  and not hook.by_epoch), None)
        if (self._checkpoints is None or get_world_size() > 1
                or threading.current_thread() is not threading.main_thread()):
            return
        for number in SIGNALS:
            handler = signal.getsignal(number)
            if handler not in (None, signal.SIG_IGN):
                self._previous[number] = handler
                signal.signal(number, self._receive)
        loops = [runner.train_loop, *([runner.val_loop] if runner.val_loop is not None else [])]
        for loader in (value for loop in loops for value in vars(loop).values()
                       if isinstance(value, DataLoader)):
            loader.worker_init_fn = functools.partial(outlive_first_signal, loader.worker_init_fn)

    def _receive(self, number: int, frame) -> None:
        self._restore()
        self._received = number

    def _restore(self) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous = {}

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None) -> None:
        """Save and end, if asked to: a validation at hand has been made to its end."""
        if self._received is None:
            return
        iteration = runner.iter + 1
        self._checkpoints._save_checkpoint_with_step(
            runner, iteration, meta=dict(epoch=runner.epoch, iter=iteration))
        runner.logger.info(
            f'{signal.Signals(self._received).name}: saved {self._checkpoints.last_ckpt}. '
            f'Go on with: {resume_command(sys.argv)}')
        sys.exit(128 + self._received)

    def after_train(self, runner) -> None:
        """Give the signals back; one that came in the last validation ends the process."""
        self._restore()
        if self._received is not None:
            runner.logger.info(f'{signal.Signals(self._received).name}: training had ended')
            sys.exit(128 + self._received)
