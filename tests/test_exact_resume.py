"""2N iterations equal N, a death, N more: bit for bit on a CPU.

The dying run is killed one iteration *after* its last checkpoint, so the resumed one takes that
iteration again.
"""
import os
import subprocess
import sys

import pytest
import torch
from mmengine.hooks import Hook

from ikp_mm.clips import FramePairDataset
from ikp_mm.priors import PosePriorDataset

from tiny_run import (BATCH, POOL, assert_identical, build_runner, load, run_tool, tiny_config,
                      train, train_interrupted, training_state)

N = 4
SCHEDULERS = dict(
    translator=[dict(type='LinearLR', start_factor=0.1, by_epoch=False, begin=0, end=6),
                dict(type='MultiStepLR', milestones=[5], by_epoch=False)],
    discriminator=[dict(type='CosineAnnealingLR', T_max=8, by_epoch=False)],
    head=[dict(type='ExponentialLR', gamma=0.9, by_epoch=False)])
# Parts of the model that draw at random in each step.
RANDOM_MOVES = dict(rotate_deg=30, scale=(0.9, 1.1), shift=0.1, flip=0.5)
RANDOM_TERM = dict(RANDOM_MOVES, weight=10.0)


def resume(cfg, checkpoint, **changes):
    cfg.resume, cfg.load_from = True, str(checkpoint)
    cfg.merge_from_dict(changes)
    return train(cfg)


@pytest.fixture
def draws(monkeypatch):
    """Draw numbers that the training datasets were asked for, in order."""
    asked = {'pairs': [], 'prior': []}
    for name, dataset in (('pairs', FramePairDataset), ('prior', PosePriorDataset)):
        original = dataset.__getitem__

        def recording(self, draw, original=original, name=name):
            asked[name].append(int(draw))
            return original(self, draw)

        monkeypatch.setattr(dataset, '__getitem__', recording)
    return asked


@pytest.mark.parametrize(('where', 'pretrain_iters'), [
    ('stage one', 2 * N), ('stage two', 0), ('at the boundary', N), ('before the boundary', N + 2),
    ('after the boundary', N - 1)])
def test_two_n_equal_n_and_n(tmp_path, draws, where, pretrain_iters):
    def config(name):
        return tiny_config(tmp_path / name, pretrain_iters, 2 * N, param_scheduler=SCHEDULERS,
                           model__equivariance=RANDOM_TERM, model__head_augment=RANDOM_MOVES)

    train(config('unbroken'))
    unbroken = load(tmp_path / 'unbroken' / f'iter_{2 * N}.pth')
    whole = {name: list(numbers) for name, numbers in draws.items()}

    train_interrupted(config('broken'), N + 1)
    for numbers in draws.values():
        numbers.clear()
    resume(config('broken'), tmp_path / 'broken' / f'iter_{N}.pth')
    resumed = load(tmp_path / 'broken' / f'iter_{2 * N}.pth')

    assert_identical(training_state(unbroken), training_state(resumed))
    # Not one sample of the past was drawn again, and the rest are those of the unbroken run.
    assert whole['prior'] == list(range(2 * N * BATCH))
    assert whole['pairs'] == whole['prior']  # figures need scenes from the first iteration on
    assert draws['prior'] == whole['prior'][N * BATCH:]
    assert draws['pairs'] == whole['pairs'][N * BATCH:]


def test_the_compared_state_is_whole_and_alive(tmp_path):
    train(tiny_config(tmp_path, N, 2 * N, param_scheduler=SCHEDULERS))
    first, last = (load(tmp_path / f'iter_{n}.pth') for n in (1, 2 * N))
    averages, raw = last['state_dict'], last['ema_state_dict']
    for module in ('backbone', 'head'):
        weights = [key for key in averages if key.startswith(f'{module}.')
                   and key.endswith('conv.weight')]
        assert weights
        assert all(not torch.equal(averages[key], raw[f'module.{key}']) for key in weights)
    assert (last['state_dict']['loss_reconstruction.running_mean'] > 0).all()
    assert (first['state_dict']['loss_reconstruction.running_mean'] == -1).all()
    assert last['state_dict']['head_is_frozen'] and not first['state_dict']['head_is_frozen']
    assert any(key.startswith('frozen_head.') for key in last['state_dict'])
    # Both stages: real frames, and figures, which leave the statistics as they are.
    assert int(raw['module.backbone.encoder.0.0.bn.num_batches_tracked']) == 4 * N
    # Batch 2, N steps: the pool is full, and what it gave back was drawn.
    assert [pool['images'].shape for pool in last['image_pools']] == [(POOL, 1, 16, 16)]
    assert first['image_pools'] == [{}]
    for name in ('translator', 'discriminator', 'head'):
        steps = {int(state['step']) for state in last['optimizer'][name]['state'].values()}
        assert steps == {N if name == 'discriminator' else 2 * N}
        rates = last['message_hub']['log_scalars'][f'train/{name}.lr']['values']
        assert len(rates) == 2 * N and len(set(rates.tolist())) > 4


class DropPool(Hook):
    """Resume as MMEngine would: without the image pool."""

    priority = 'LOWEST'

    def after_load_checkpoint(self, runner, checkpoint):
        runner.model.pool.images = []


def test_a_lost_pool_would_show(tmp_path):
    train(tiny_config(tmp_path, 0, 2 * N))
    cfg = tiny_config(tmp_path / 'without_pool', 0, 2 * N, resume=True,
                      load_from=str(tmp_path / f'iter_{N}.pth'))
    runner = build_runner(cfg)
    runner.register_hook(DropPool())
    runner.train()
    ours = load(tmp_path / f'iter_{2 * N}.pth')
    theirs = load(tmp_path / 'without_pool' / f'iter_{2 * N}.pth')
    with pytest.raises(AssertionError, match=r"\['state_dict'\]\['(backbone|discriminator)"):
        assert_identical(training_state(ours), training_state(theirs))


def test_through_the_tool(tmp_path, monkeypatch):
    config_file = tmp_path / 'tiny.py'
    tiny_config(tmp_path, 3, 2 * N, validate=True,
                default_hooks__checkpoint__interval=N).dump(config_file)

    def tool(folder, *arguments, options=()):
        run_tool(monkeypatch, 'train.py', config_file, '--work-dir', folder, *arguments,
                 options=options)

    unbroken, broken, elsewhere = (tmp_path / name for name in ('unbroken', 'broken', 'elsewhere'))
    tool(unbroken)
    tool(broken, options=[f'train_cfg.max_iters={N}'])
    tool(broken, '--resume')
    tool(elsewhere, '--resume', broken / f'iter_{N}.pth')
    expected = training_state(load(unbroken / f'iter_{2 * N}.pth'))
    for folder in (broken, elsewhere):
        assert_identical(expected, training_state(load(folder / f'iter_{2 * N}.pth')))
    assert not (elsewhere / f'iter_{N}.pth').exists()


@pytest.mark.parametrize('workers', [
    {}, dict(num_workers=1), dict(num_workers=1, persistent_workers=True)])
def test_a_run_without_a_seed_goes_on_with_the_checkpoints(tmp_path, workers):
    def config(name, seed):
        cfg = tiny_config(tmp_path / name, 2, 2 * N, randomness=dict(seed=seed))
        cfg.train_dataloader.update(workers)
        cfg.train_cfg.prior_dataloader.update(workers)
        return cfg

    runners = [train_interrupted(config('broken', None), N + 1)]
    chosen = load(tmp_path / 'broken' / f'iter_{N}.pth')['meta']['seed']
    runners.append(resume(config('broken', None), tmp_path / 'broken' / f'iter_{N}.pth'))
    runners.append(train(config('unbroken', chosen)))
    assert [runner.seed for runner in runners] == [chosen] * 3
    assert_identical(training_state(load(tmp_path / 'unbroken' / f'iter_{2 * N}.pth')),
                     training_state(load(tmp_path / 'broken' / f'iter_{2 * N}.pth')))
    # Left to the garbage collector, each persistent worker would be waited for, for 5 seconds.
    for runner in runners:
        for loader in (runner.train_loop.dataloader, runner.train_loop.prior_dataloader):
            if loader.persistent_workers:
                loader._iterator._shutdown_workers()


def test_the_checkpoints_seed_wins_over_another(tmp_path):
    train(tiny_config(tmp_path / 'first', 2, 2 * N, randomness=dict(seed=5)))
    runner = resume(tiny_config(tmp_path / 'second', 2, 2 * N, randomness=dict(seed=6)),
                    tmp_path / 'first' / f'iter_{N}.pth')
    assert runner.seed == 5
    assert_identical(training_state(load(tmp_path / 'first' / f'iter_{2 * N}.pth')),
                     training_state(load(tmp_path / 'second' / f'iter_{2 * N}.pth')))


def test_same_seed_same_numbers(tmp_path):
    """100 iterations: every logged number and every weight."""
    states = []
    for name in ('first', 'again'):
        train(tiny_config(tmp_path / name, 40, 100, randomness=dict(seed=3),
                          default_hooks__checkpoint__interval=100))
        states.append(training_state(load(tmp_path / name / 'iter_100.pth')))
    first, again = states
    assert len(first['scalars']['train/loss_prior']['values']) == 100
    assert len(first['scalars']['train/loss_reconstruction']['values']) == 60
    assert_identical(first, again)


def test_another_seed_other_numbers(tmp_path):
    scalars = []
    for seed in (3, 4):
        train(tiny_config(tmp_path / str(seed), 0, 2, randomness=dict(seed=seed)))
        scalars.append(training_state(load(tmp_path / str(seed) / 'iter_2.pth'))['scalars'])
    for name in ('loss_prior', 'loss_reconstruction', 'loss_gan', 'loss_d', 'head.grad_norm'):
        first, other = (history[f'train/{name}']['values'] for history in scalars)
        # The very first reconstruction loss is 1 a layer, whatever the weights.
        assert first[-1] != other[-1], name


def test_checkpoints_need_no_allow_list(tmp_path):
    train(tiny_config(tmp_path, 2, N, validate=True, param_scheduler=SCHEDULERS))
    files = sorted(path.name for path in tmp_path.glob('*.pth'))
    assert files[0].startswith('best_label_free_score_iter_') and len(files) == 1 + N
    # In a process of its own: MMPose's imports put entries on torch's list of allowed types.
    script = ('import sys, torch\n'
              'if hasattr(torch.serialization, "clear_safe_globals"):\n'
              '    torch.serialization.clear_safe_globals()\n'
              'for path in sys.argv[1:]: torch.load(path, weights_only=True)')
    subprocess.run([sys.executable, '-c', script, *(str(tmp_path / name) for name in files)],
                   check=True)


@pytest.mark.parametrize('key', ['image_pools', 'ema_state_dict', 'optimizer'])
def test_a_checkpoint_without_the_state_is_refused(tmp_path, key):
    train(tiny_config(tmp_path, 0, 1))
    checkpoint = load(tmp_path / 'iter_1.pth')
    del checkpoint[key]
    torch.save(checkpoint, tmp_path / 'without.pth')
    with pytest.raises(KeyError, match=f'cannot resume exactly: the checkpoint has no "{key}"'):
        resume(tiny_config(tmp_path / 'resumed', 0, 2), tmp_path / 'without.pth')
    # As a starting point it will do.
    train(tiny_config(tmp_path / 'loaded', 0, 1, load_from=str(tmp_path / 'without.pth')))


def test_another_number_of_ranks_is_refused(tmp_path):
    train(tiny_config(tmp_path, 0, 1))
    checkpoint = load(tmp_path / 'iter_1.pth')
    checkpoint['image_pools'] *= 2
    torch.save(checkpoint, tmp_path / 'two_ranks.pth')
    with pytest.raises(RuntimeError, match='saved by 2 ranks and this run has 1'):
        resume(tiny_config(tmp_path / 'resumed', 0, 2), tmp_path / 'two_ranks.pth')


def test_another_pool_size_is_refused(tmp_path):
    train(tiny_config(tmp_path, 0, 2))
    with pytest.raises(ValueError, match='holds 3 images, this one 2'):
        resume(tiny_config(tmp_path / 'resumed', 0, 3, model__pool_size=2),
               tmp_path / 'iter_2.pth')


def test_a_death_while_writing_leaves_the_last_good_checkpoint(tmp_path, monkeypatch):
    flush, written = os.fsync, []

    def full_disk(descriptor):
        written.append(descriptor)
        if len(written) == 3:
            raise OSError(28, 'No space left on device')
        flush(descriptor)

    train(tiny_config(tmp_path / 'unbroken', 1, N))
    monkeypatch.setattr(os, 'fsync', full_disk)
    with pytest.raises(OSError, match='No space left'):
        train(tiny_config(tmp_path / 'broken', 1, N))
    monkeypatch.undo()
    assert not (tmp_path / 'broken/iter_3.pth').exists()
    # --resume without a name: the last whole one.
    train(tiny_config(tmp_path / 'broken', 1, N, resume=True))
    assert_identical(training_state(load(tmp_path / 'unbroken' / f'iter_{N}.pth')),
                     training_state(load(tmp_path / 'broken' / f'iter_{N}.pth')))
