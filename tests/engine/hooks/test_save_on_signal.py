"""Real processes that are signalled: tests/reliability."""
import os
import signal

import pytest
from mmengine.hooks import Hook

from ikp_mm.engine.hooks import SaveOnSignalHook
from tiny_run import (assert_identical, build_runner, load, tiny_config, train, training_state)


class SignalHook(Hook):
    """Sends a signal to this process before the second iteration."""

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter == 1:
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
    runner._hooks = []
    SaveOnSignalHook().before_train(runner)
    assert signal.getsignal(signal.SIGTERM) is before[0]
