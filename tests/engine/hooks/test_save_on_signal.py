"""Real processes that are signalled: tests/reliability."""
import os
import signal
from types import SimpleNamespace

import pytest
from mmengine.hooks import Hook

from ikp_mm.engine.hooks import SaveOnSignalHook
from ikp_mm.engine.hooks.save_on_signal import resume_command
from tiny_run import (assert_identical, build_runner, load, tiny_config, train, training_state)


class SignalHook(Hook):
    """Sends a signal to this process before the second iteration, or at the end."""

    def __init__(self, at_end=False):
        self.at_end = at_end

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter == 1 and not self.at_end:
            os.kill(os.getpid(), signal.SIGTERM)

    def after_train_epoch(self, runner):
        if self.at_end:
            os.kill(os.getpid(), signal.SIGTERM)


def config(tmp_path, **options):
    return tiny_config(tmp_path, 1, 4, default_hooks__checkpoint__interval=4, **options)


def test_the_first_signal_saves_and_the_run_goes_on_from_there(tmp_path, monkeypatch):
    monkeypatch.setattr('sys.argv', ['tools/train.py', 'my config.py'])
    before = signal.getsignal(signal.SIGTERM)
    runner = build_runner(config(tmp_path / 'stopped'))
    runner.register_hook(SignalHook())
    logged = []
    monkeypatch.setattr(runner.logger, 'info', logged.append)
    with pytest.raises(SystemExit) as ended:
        runner.train()
    assert ended.value.code == 128 + signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is before
    saved = tmp_path / 'stopped/iter_2.pth'
    assert logged[-1] == (f'SIGTERM: saved {saved}. Go on with: '
                          "python tools/train.py 'my config.py' --resume")
    assert (tmp_path / 'stopped/last_checkpoint').read_text() == str(saved)

    resumed = config(tmp_path / 'stopped', resume=True)
    train(resumed)
    train(config(tmp_path / 'unbroken'))
    assert_identical(*(training_state(load(tmp_path / name / 'iter_4.pth'))
                       for name in ('unbroken', 'stopped')))


def test_signals_are_given_back_at_the_end_and_left_alone_without_checkpoints(tmp_path):
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    runner = train(config(tmp_path))
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before
    # A signal after the last iteration ends the process all the same.
    runner = build_runner(config(tmp_path / 'end'))
    runner.register_hook(SignalHook(at_end=True))
    with pytest.raises(SystemExit) as ended:
        runner.train()
    assert ended.value.code == 128 + signal.SIGTERM
    assert (tmp_path / 'end/iter_4.pth').is_file()
    runner._hooks = []
    SaveOnSignalHook().before_train(runner)
    assert signal.getsignal(signal.SIGTERM) is before[0]


def test_an_ignored_signal_stays_ignored(tmp_path, monkeypatch):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        hook, runner = SaveOnSignalHook(), build_runner(config(tmp_path))
        monkeypatch.setattr(type(runner), 'train_loop', SimpleNamespace())
        monkeypatch.setattr(type(runner), 'val_loop', None)
        hook.before_train(runner)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) == hook._receive
        hook.after_train(runner)
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize('arguments', [
    ['a.py', 'c.py'], ['a.py', 'c.py', '--resume'], ['a.py', 'c.py', '--resume=old.pth'],
    ['a.py', '--resume', 'old.pth', 'c.py']])
def test_the_command_goes_on_from_the_last_checkpoint(arguments):
    assert resume_command(arguments) == 'python a.py c.py --resume'
