"""SIGTERM and Ctrl-C save a run before they end it."""
from __future__ import annotations

import os
import shlex
import signal
import sys
import threading

from mmengine.dist import get_world_size
from mmengine.hooks import CheckpointHook, Hook
from mmpose.registry import HOOKS

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def resume_command() -> str:
    """The command of this process with ``--resume``."""
    arguments = list(sys.argv)
    if '--resume' not in arguments:
        arguments.append('--resume')
    return shlex.join(['python', *arguments])


@HOOKS.register_module()
class SaveOnSignalHook(Hook):
    """The first SIGTERM or SIGINT saves a checkpoint after the iteration at hand, prints the command
    that goes on from there and ends the process with status 128 + the signal's number, as a shell
    would report it. A second one ends it at once.

    Only for runs of iterations with a ``CheckpointHook``, one rank and the main thread: several
    ranks would have to agree on the iteration, and end at once as ever.
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
        owner = os.getpid()

        def receive(number: int, frame) -> None:
            self._restore()
            if os.getpid() == owner:
                self._received = number
            elif number == signal.SIGTERM:  # a worker, which is told to end
                os.kill(os.getpid(), number)

        self._previous = {number: signal.signal(number, receive) for number in SIGNALS}

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
            f'Go on with: {resume_command()}')
        sys.exit(128 + self._received)

    def after_train(self, runner) -> None:
        """Give the signals back."""
        self._restore()
