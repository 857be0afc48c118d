import random

import numpy as np
import pytest
import torch
from mmengine.hooks import Hook

from ikp_mm.clips import FramePairDataset
from ikp_mm.engine.loops import seed_iteration
from ikp_mm.models import KeypointGAN

from tiny_run import (BATCH, Interrupted, assert_identical, build_runner, load, tiny_config, train,
                      training_state)


def numbers():
    return random.random(), float(np.random.rand()), float(torch.rand(()))


def drawn(*key):
    seed_iteration(*key)
    return numbers()


def test_an_iterations_draws_follow_from_seed_iteration_and_rank():
    first = drawn(1, 2, 3)
    others = [drawn(0, 2, 3), drawn(1, 0, 3), drawn(1, 2, 0), drawn(2, 1, 3)]
    assert drawn(1, 2, 3) == first
    for place, value in enumerate(first):
        assert all(other[place] != value for other in others)
    # The generators of one iteration do not repeat each other.
    assert len(set(first)) == 3


@pytest.mark.parametrize('pretrain_iters', [-1, 5])
def test_stage_one_must_lie_inside_the_run(tmp_path, pretrain_iters):
    runner = build_runner(tiny_config(tmp_path, pretrain_iters, 4))
    with pytest.raises(ValueError, match=rf'pretrain_iters={pretrain_iters} must lie in 0..max'):
        runner.train()


@pytest.fixture
def steps(monkeypatch):
    """(stage, batches, training mode, a random number) of each call of ``train_step``."""
    calls = []
    original = KeypointGAN.train_step

    def recording(self, data, optim_wrapper):
        state = torch.get_rng_state()
        calls.append((data['stage'], sorted(set(data) - {'stage'}), self.training, numbers()))
        torch.set_rng_state(state)
        return original(self, data, optim_wrapper)

    monkeypatch.setattr(KeypointGAN, 'train_step', recording)
    return calls


class Calls(Hook):
    """Names of the loop's hook points, with the iteration."""

    def __init__(self):
        self.seen, self.metrics = [], []

    def before_train(self, runner):
        self.seen.append(('before_train', runner.iter))

    def after_train(self, runner):
        self.seen.append(('after_train', runner.iter))

    def before_val(self, runner):
        self.seen.append(('before_val', runner.iter))

    def after_val_epoch(self, runner, metrics=None):
        self.metrics.append(metrics)

    def after_val(self, runner):
        self.seen.append(('after_val', runner.iter))


def test_stages_batches_and_seeds(tmp_path, steps):
    runner = build_runner(tiny_config(tmp_path, 2, 5))
    returned = runner.train()
    assert returned is runner.model and runner.iter == 5
    assert [step[:3] for step in steps] == (
        [('prior', ['iteration', 'pairs', 'prior'], True)] * 2
        + [('gan', ['iteration', 'pairs', 'prior'], True)] * 3)
    assert [step[3] for step in steps] == [drawn(runner.seed, i, 0) for i in range(5)]


def test_without_figures_stage_one_draws_no_pairs(tmp_path, steps):
    runner = build_runner(tiny_config(tmp_path, 1, 2, model__figures=None))
    runner.train()
    assert [step[1] for step in steps] == [
        ['iteration', 'prior'], ['iteration', 'pairs', 'prior']]
    # Two of each a batch; pairs begin with stage two.
    assert runner.train_loop.draws_before(2) == dict(prior=2 * BATCH, pairs=BATCH)


def test_phi_waits_for_so_many_iterations(tmp_path, steps):
    build_runner(tiny_config(tmp_path, 1, 4, train_cfg__warm_up_iters=2)).train()
    assert [step[0] for step in steps] == ['prior', 'warm_up', 'warm_up', 'gan']


def test_a_warm_up_that_is_all_of_stage_two_is_told(tmp_path):
    runner = build_runner(tiny_config(tmp_path, 1, 3, train_cfg__warm_up_iters=2))
    warned = []
    runner.logger.warning = warned.append
    runner.train()
    assert sum('warm_up_iters=2 is all of stage two' in text for text in warned) == 1
    runner = build_runner(tiny_config(tmp_path / 'b', 1, 3, train_cfg__warm_up_iters=-1))
    with pytest.raises(ValueError, match='warm_up_iters must not be negative, got -1'):
        runner.train()


def test_validates_from_val_begin_each_interval_and_at_the_end(tmp_path, steps):
    cfg = tiny_config(tmp_path, 2, 7, validate=True, train_cfg__val_begin=3,
                      train_cfg__val_interval=2, default_hooks__checkpoint__interval=100)
    runner = build_runner(cfg)
    calls = Calls()
    runner.register_hook(calls)
    runner.train()
    validations = [(point, i) for i in (4, 6, 7) for point in ('before_val', 'after_val')]
    assert calls.seen == [('before_train', 0), *validations, ('after_train', 7)]
    # Back in training mode after a validation; its draws are those of a run without any.
    assert [step[2] for step in steps] == [True] * 7
    assert [step[3] for step in steps] == [drawn(runner.seed, i, 0) for i in range(7)]
    # Labelled and label-free figures side by side, in what hooks such as save_best see.
    for metrics in calls.metrics:
        assert {'keypoint_distance/direct', 'mmpose/PCK', 'label_free/score'} <= set(metrics)


class DieInValidation(Hook):
    def __init__(self, iteration):
        self.iteration = iteration

    def after_val_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        if runner.iter == self.iteration:
            raise Interrupted


@pytest.mark.parametrize('iteration', [2, 4])
def test_a_validation_that_was_cut_short_is_made_by_the_resume(tmp_path, iteration):
    """The last one (4), and one on the way, whose best checkpoint would be lost too."""
    def config(name):
        return tiny_config(tmp_path / name, 2, 4, validate=True)

    unbroken, resumed = Calls(), Calls()
    runner = build_runner(config('unbroken'))
    runner.register_hook(unbroken)
    runner.train()
    dying = build_runner(config('resumed'))
    dying.register_hook(DieInValidation(iteration))
    with pytest.raises(Interrupted):
        dying.train()
    cfg = config('resumed')
    cfg.resume = True
    runner = build_runner(cfg)
    runner.register_hook(resumed)
    runner.train()
    made = [(point, i) for i in (2, 4) if i >= iteration for point in ('before_val', 'after_val')]
    assert resumed.seen[1:-1] == made
    assert resumed.metrics == unbroken.metrics[-len(resumed.metrics):]
    best = [sorted((tmp_path / name).glob('best_*')) for name in ('unbroken', 'resumed')]
    assert [path.name for path in best[0]] == [path.name for path in best[1]] and best[0]
    for one, other in zip(*best):
        assert_identical(load(one)['state_dict'], load(other)['state_dict'])
    states = [training_state(load(tmp_path / name / 'iter_4.pth'))
              for name in ('unbroken', 'resumed')]
    assert_identical(*states)


def test_a_run_from_the_start_validates_nothing_first(tmp_path):
    train(tiny_config(tmp_path, 1, 2))
    runner = build_runner(tiny_config(tmp_path / 'next', 1, 1, validate=True,
                                      load_from=f'{tmp_path}/iter_2.pth'))
    calls = Calls()
    runner.register_hook(calls)
    runner.train()
    assert [point for point, _ in calls.seen] == ['before_train', 'before_val', 'after_val',
                                                  'after_train']


class StopAt(Hook):
    """What EarlyStoppingHook does."""

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        runner.train_loop.stop_training = runner.iter == 2


def test_stops_when_asked_to(tmp_path, steps):
    runner = build_runner(tiny_config(tmp_path, 1, 9))
    runner.register_hook(StopAt())
    runner.train()
    assert runner.iter == 3 and len(steps) == 3


def test_stage_two_can_start_from_a_checkpoint_of_stage_one(tmp_path, steps):
    build_runner(tiny_config(tmp_path, 3, 3)).train()
    averaged = torch.load(tmp_path / 'iter_3.pth', weights_only=True)['state_dict']
    runner = build_runner(tiny_config(tmp_path / 'gan', 0, 1, load_from=f'{tmp_path}/iter_3.pth'))
    runner.train()
    assert [step[0] for step in steps] == ['prior'] * 3 + ['gan']
    # eta as stage one left it is what decides left and right from now on.
    frozen = runner.model.frozen_head.state_dict()
    assert runner.model.head_is_frozen
    assert all(torch.equal(tensor, averaged[f'head.{key}']) for key, tensor in frozen.items())


def test_loader_workers_see_the_same_data(tmp_path, monkeypatch):
    batches = []
    original = KeypointGAN.train_step

    def recording(self, data, optim_wrapper):
        batches.append({f'{source}_{key}': value for source in ('prior', 'pairs')
                        for key, value in data[source].items()})
        return original(self, data, optim_wrapper)

    monkeypatch.setattr(KeypointGAN, 'train_step', recording)
    for name, workers in (('none', 0), ('two', 2)):
        cfg = tiny_config(tmp_path / name, 0, 3, train_dataloader__num_workers=workers)
        cfg.train_cfg.prior_dataloader.num_workers = workers
        build_runner(cfg).train()
    for alone, shared in zip(batches[:3], batches[3:], strict=True):
        assert set(alone) == set(shared) and len(alone['pairs_draw']) == BATCH
        assert all(torch.equal(alone[key], shared[key]) for key in alone)


def test_draws_before_an_iteration(tmp_path):
    """Two of each a batch; with figures pairs begin with stage one."""
    runner = build_runner(tiny_config(tmp_path, 3, 8, train_dataloader__batch_size=4))
    loop = runner.train_loop
    assert loop.global_batch() == dict(prior=BATCH, pairs=4)
    assert [loop.draws_before(n) for n in (0, 3, 5)] == [
        dict(prior=0, pairs=0), dict(prior=3 * BATCH, pairs=12), dict(prior=5 * BATCH, pairs=20)]
    # Resumed within stage one from twice the ranks, and within stage two.
    loop.continue_draws(2, dict(prior=4 * BATCH, pairs=0))
    assert loop.draws_before(5) == dict(prior=4 * BATCH + 3 * BATCH, pairs=12)
    loop.continue_draws(4, dict(prior=100, pairs=50))
    assert [loop.draws_before(n) for n in (4, 6)] == [
        dict(prior=100, pairs=50), dict(prior=100 + 2 * BATCH, pairs=58)]


def test_a_resume_with_another_batch_size_goes_on_where_the_data_were(tmp_path, monkeypatch):
    asked = []
    original = FramePairDataset.__getitem__

    def recording(self, draw):
        asked.append(int(draw))
        return original(self, draw)

    train(tiny_config(tmp_path, 1, 4))
    monkeypatch.setattr(FramePairDataset, '__getitem__', recording)
    runner = train(tiny_config(tmp_path, 1, 6, resume=True, train_dataloader__batch_size=3))
    # Four iterations of 2 pairs are behind it.
    assert asked == list(range(4 * BATCH, 4 * BATCH + 2 * 3))
    assert load(tmp_path / 'iter_6.pth')['draws']['consumed'] == runner.train_loop.draws_before(6)
