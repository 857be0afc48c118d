"""A run that takes eta from the cache ends as the one that trained it, bit for bit."""
import numpy as np
import pytest
import torch

from ikp_mm.engine import stage_one_cache
from ikp_mm.engine.stage_one_cache import (SOURCES, StageOneCache, stage_one_schedulers,
                                           tensors_digest)
from ikp_mm.models import KeypointGAN

from tiny_run import (assert_identical, load, tiny_config, train, train_interrupted,
                      training_state)

PRETRAIN, ITERS = 4, 7
# In stage one: two chained ones for the head, one that ends in it, one that begins with stage two.
SCHEDULERS = dict(
    translator=[dict(type='LinearLR', start_factor=0.1, by_epoch=False, begin=0, end=6)],
    discriminator=[dict(type='CosineAnnealingLR', T_max=8, by_epoch=False)],
    head=[dict(type='ExponentialLR', gamma=0.9, by_epoch=False),
          dict(type='MultiStepLR', milestones=[2, PRETRAIN], gamma=0.3, by_epoch=False),
          dict(type='LinearLR', start_factor=0.5, by_epoch=False, begin=PRETRAIN, end=9)])
MOVES = dict(rotate_deg=30, scale=(0.9, 1.1), shift=0.1, flip=0.5)


def config(folder, cache=None, **options):
    settings = dict(param_scheduler=SCHEDULERS, model__head_augment=MOVES, model__figures=None,
                    default_hooks__checkpoint__interval=100,
                    train_cfg__stage_one_cache=None if cache is None else str(cache))
    return tiny_config(folder, PRETRAIN, ITERS, **{**settings, **options})


SOURCES_DIGEST = stage_one_cache.sources_digest


@pytest.fixture(autouse=True)
def still_sources(monkeypatch):
    """Somebody may edit the package while the tests run."""
    monkeypatch.setattr(stage_one_cache, 'sources_digest', lambda: 'the sources')


@pytest.fixture
def stages(monkeypatch):
    """Stage of each call of ``train_step``."""
    seen = []
    original = KeypointGAN.train_step

    def recording(self, data, optim_wrapper):
        seen.append(data['stage'])
        return original(self, data, optim_wrapper)

    monkeypatch.setattr(KeypointGAN, 'train_step', recording)
    return seen


def end_state(folder):
    """Of the last checkpoint; the log has no lines of a stage one that was not run."""
    state = training_state(load(folder / f'iter_{ITERS}.pth'))
    state['scalars'] = {name: history['values'][PRETRAIN - ITERS:]
                        for name, history in sorted(state['scalars'].items())}
    return state


@pytest.mark.parametrize('ema', [dict(momentum=0.05), None])
def test_a_cached_run_ends_bit_for_bit_as_an_uncached_one(tmp_path, stages, ema):
    hooks = [] if ema is None else [dict(type='KeypointEMAHook', **ema)]
    train(config(tmp_path / 'plain', custom_hooks=hooks))
    train(config(tmp_path / 'first', tmp_path / 'cache', custom_hooks=hooks))
    assert len(list((tmp_path / 'cache').iterdir())) == 1
    stages.clear()
    runner = train(config(tmp_path / 'again', tmp_path / 'cache', custom_hooks=hooks))
    assert stages == ['gan'] * (ITERS - PRETRAIN)
    assert runner.message_hub.get_info('cached_stage_one_seconds') > 0
    expected = end_state(tmp_path / 'plain')
    assert_identical(expected, end_state(tmp_path / 'first'))
    assert_identical(expected, end_state(tmp_path / 'again'))


def test_minutes_of_a_cached_run_are_those_of_an_uncached_one(tmp_path):
    train(config(tmp_path / 'first', tmp_path / 'cache'))
    file, = (tmp_path / 'cache').iterdir()
    # Safe to load, and it says how long stage one took.
    saved = torch.load(file, weights_only=True)
    saved['train_seconds'] = 500.0
    torch.save(saved, file)
    runner = train(config(tmp_path / 'again', tmp_path / 'cache'))
    assert 500 < runner.message_hub.get_info('train_seconds') < 560


class KeySeen(Exception):
    """Ends a run when its key is known."""


@pytest.fixture
def file_name(monkeypatch, tmp_path):
    """Name of the file that a configuration would read or write."""
    def load(self):
        raise KeySeen(self.path.name)

    def name(**options):
        with monkeypatch.context() as patch:
            patch.setattr(StageOneCache, 'load', load)
            with pytest.raises(KeySeen) as seen:
                train(config(tmp_path / 'never', tmp_path / 'cache', **options))
        return str(seen.value)

    return name


def test_another_stage_one_is_another_file(file_name, monkeypatch):
    changes = [
        {}, dict(randomness__seed=1), dict(model__head_augment=None),
        dict(model__loss_prior__loss_weight=0.5), dict(model__head__base_channels=6),
        dict(optim_wrapper__head__optimizer__lr=2e-3), dict(param_scheduler=None),
        dict(train_cfg__prior_dataloader__dataset__jitter=dict(shift=0.1)),
        dict(train_cfg__prior_dataloader__batch_size=3), dict(train_cfg__pretrain_iters=3),
        dict(custom_hooks=[dict(type='KeypointEMAHook', momentum=0.1)])]
    names = [file_name(**change) for change in changes]
    monkeypatch.setattr(stage_one_cache, 'sources_digest', lambda: 'other sources')
    names.append(file_name())
    assert len(set(names)) == len(changes) + 1


def test_another_stage_two_shares_the_file(file_name):
    first = file_name()
    assert file_name(
        model__loss_gan__loss_weight=1.0, train_dataloader__dataset__gap=(1, 1),
        train_cfg__max_iters=6, model__equivariance=dict(MOVES, weight=5.0),
        train_cfg__prior_dataloader__num_workers=1) == first


def test_poses_themselves_are_part_of_the_key(file_name, tmp_path):
    """A file of poses that changed under the same name."""
    names = []
    for number in range(2):
        rng = np.random.default_rng(number)
        np.savez(tmp_path / 'poses.npz', keypoints=rng.uniform(0.2, 0.8, (5, 17, 2)))
        names.append(file_name(train_cfg__prior_dataloader__dataset=dict(
            type='PosePriorDataset', skeleton='h36m17', frame='image',
            poses=str(tmp_path / 'poses.npz'), _delete_=True)))
    assert names[0] != names[1]


def test_resumed_within_stage_one_does_without(tmp_path, stages):
    cfg = config(tmp_path / 'run', tmp_path / 'cache')
    cfg.default_hooks.checkpoint.interval = 1
    train_interrupted(cfg, 2)
    cfg.resume = True
    train(cfg)
    assert not (tmp_path / 'cache').exists() and stages.count('gan') == ITERS - PRETRAIN


def test_a_run_of_stage_one_alone_writes_its_checkpoint(tmp_path, stages):
    for name in ('first', 'again'):
        train(config(tmp_path / name, tmp_path / 'cache', train_cfg__max_iters=PRETRAIN))
        assert (tmp_path / name / f'iter_{PRETRAIN}.pth').is_file()
    assert stages == ['prior'] * 2 * PRETRAIN and not (tmp_path / 'cache').exists()


def test_schedulers_of_stage_two_are_left_out():
    before, after = (dict(type='LinearLR', by_epoch=False, begin=begin) for begin in (9, 10))
    by_epoch = dict(type='LinearLR', begin=50)
    assert stage_one_schedulers(dict(head=[before, after, by_epoch], translator=[before]), 10) == [
        before, by_epoch]
    assert stage_one_schedulers(dict(translator=[before]), 10) == []
    assert stage_one_schedulers([after, before], 10) == [before]
    assert stage_one_schedulers(before, 10) == [before]
    assert stage_one_schedulers(None, 10) == []


def test_digests_see_names_values_and_types():
    one = dict(a=torch.tensor([1.0, 2.0]))
    others = [dict(b=torch.tensor([1.0, 2.0])), dict(a=torch.tensor([1.0, 2.5])),
              dict(a=torch.tensor([[1.0, 2.0]])), dict(a=torch.tensor([1.0, 2.0]).double()),
              dict(a=torch.tensor([1.0, 2.0]).bfloat16()), dict(a=torch.tensor(1.0))]
    digests = [tensors_digest(tensors) for tensors in (one, *others)]
    assert len(set(digests)) == len(digests)
    assert tensors_digest(dict(a=torch.tensor([1.0, 9.0, 2.0])[::2])) == digests[0]


def test_sources_digest_sees_an_edit_and_a_rename(tmp_path):
    for name in SOURCES:
        path = tmp_path / name
        if path.suffix:
            path.write_text('')
        else:
            path.mkdir()
    digests = [SOURCES_DIGEST(tmp_path)]
    (tmp_path / 'ops/coords.py').write_text('a = 1\n')
    digests.append(SOURCES_DIGEST(tmp_path))
    (tmp_path / 'ops/coords.py').write_text('a = 2\n')
    digests.append(SOURCES_DIGEST(tmp_path))
    (tmp_path / 'ops/coords.py').rename(tmp_path / 'ops/points.py')
    digests.append(SOURCES_DIGEST(tmp_path))
    assert len(set(digests)) == 4
    # What only measures or draws is not stage one's business.
    (tmp_path / 'evaluation.py').write_text('b = 1\n')
    assert SOURCES_DIGEST(tmp_path) == digests[-1]
