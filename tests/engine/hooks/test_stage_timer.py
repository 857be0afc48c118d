from types import SimpleNamespace

import pytest
from mmengine.hooks import iter_timer_hook
from mmengine.logging import MessageHub
from mmpose.registry import HOOKS

from ikp_mm.engine.hooks import stage_timer


class Clock:
    """Stands still until told otherwise."""
    now = 100.0

    def time(self):
        return self.now

    perf_counter = time


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(iter_timer_hook, 'time', clock)
    monkeypatch.setattr(stage_timer, 'time', clock)
    return clock


class Loop:
    """Three iterations of stage one, then stage two up to the tenth."""
    pretrain_iters, max_iters = 3, 10

    def __init__(self, runner):
        self.runner = runner

    @property
    def stage(self):
        return 'prior' if self.runner.iter < self.pretrain_iters else 'gan'


def start(name, begin=0):
    runner = SimpleNamespace(iter=begin, max_iters=10, message_hub=MessageHub.get_instance(name))
    runner.train_loop = Loop(runner)
    hook = HOOKS.build(dict(type='StageTimerHook'))
    hook.before_train(runner)
    hook.before_train_epoch(runner)
    return runner, hook


def take(runner, hook, clock, seconds):
    """One iteration; its ETA."""
    hook.before_train_iter(runner, runner.iter)
    clock.now += seconds
    hook.after_train_iter(runner, runner.iter)
    runner.iter += 1
    return runner.message_hub.get_info('eta')


def test_eta_is_that_of_the_stage(clock):
    runner, hook = start('eta_is_that_of_the_stage')
    # Stage one, 3 iterations: 2 left at 1 s; then 1 left at (1 + 3) / 2 s; then none.
    assert [take(runner, hook, clock, s) for s in (1.0, 3.0, 2.0)] == [2.0, 2.0, 0.0]
    # Stage two, 7 iterations, forgets stage one: 6 left at 10 s, then 5 left at 20 s.
    assert [take(runner, hook, clock, s) for s in (10.0, 30.0)] == [60.0, 100.0]


def test_training_seconds_add_up_over_sessions(clock):
    runner, hook = start('training_seconds')
    take(runner, hook, clock, 1.0)
    clock.now += 5.0  # a validation
    take(runner, hook, clock, 2.0)
    assert runner.message_hub.get_info('train_seconds') == 8.0
    clock.now += 1000.0  # between two sessions; the message hub comes back with the checkpoint
    runner, hook = start('training_seconds', begin=2)
    take(runner, hook, clock, 4.0)
    assert runner.message_hub.get_info('train_seconds') == 12.0


def test_validation_keeps_its_own_eta(clock):
    runner, hook = start('validation_keeps_its_own_eta')
    take(runner, hook, clock, 1.0)
    runner.val_dataloader = [None] * 4
    hook.before_val_epoch(runner)
    hook.before_val_iter(runner, 0)
    clock.now += 2.0
    hook.after_val_iter(runner, 0)
    assert runner.message_hub.get_info('eta') == 6.0
    assert runner.message_hub.get_info('train_seconds') == 1.0
