from types import SimpleNamespace

import pytest
import torch
from mmengine.hooks import Hook
from mmpose.registry import HOOKS
from torch import nn

from tiny_run import build_runner, load, tiny_config, train


class Part(nn.Module):

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.register_buffer('running', torch.zeros(1))


def stub_runner(**changes):
    model = nn.ModuleDict({
        name: Part() for name in ('backbone', 'head', 'generator', 'discriminator')})
    return SimpleNamespace(**dict(dict(model=model, iter=0, _resume=False), **changes))


def build(runner, **options):
    hook = HOOKS.build(dict(type='KeypointEMAHook', **options))
    hook.before_run(runner)
    return hook


def put(model, value):
    for part in model.values():
        nn.init.constant_(part.weight, value)
        part.running.fill_(10 * value)


def test_averages_parameters_and_buffers_of_phi_eta_and_psi():
    runner = stub_runner()
    hook = build(runner, momentum=0.25)
    averages = hook.ema_model.module
    assert set(averages) == {'backbone', 'head', 'generator'}
    # The first update copies 4; then 0.75 * 4 + 0.25 * 8 = 5; then 0.75 * 5 + 0.25 * 1 = 4.
    for value, expected in ((4.0, 4.0), (8.0, 5.0), (1.0, 4.0)):
        put(runner.model, value)
        hook.after_train_iter(runner, 0)
        for part in averages.values():
            assert part.weight.item() == expected and part.running.item() == 10 * expected
    assert runner.model['head'].weight.item() == 1.0


def test_a_neck_is_averaged_where_there_is_one():
    runner = stub_runner()
    runner.model['neck'] = Part()
    hook = build(runner, momentum=0.25)
    averages = hook.ema_model.module
    assert set(averages) == {'backbone', 'neck', 'head', 'generator'}
    for value, expected in ((4.0, 4.0), (8.0, 5.0)):
        put(runner.model, value)
        hook.after_train_iter(runner, 0)
        assert averages['neck'].weight.item() == expected
    hook.after_load_checkpoint(runner, {'neck.weight': torch.tensor([7.0])})
    assert averages['neck'].weight.item() == 7.0


def test_starts_from_loaded_weights():
    """A checkpoint that is loaded, not resumed; what it lacks stays."""
    runner = stub_runner()
    hook = build(runner)
    put(runner.model, 1.0)
    hook.after_load_checkpoint(runner, dict(state_dict={
        'head.weight': torch.tensor([7.0]), 'generator.weight': torch.tensor([9.0])}))
    averages = hook.ema_model.module
    assert (averages['head'].weight.item(), averages['backbone'].weight.item()) == (7.0, 0.0)
    # Also a bare state dict.
    hook.after_load_checkpoint(runner, {'backbone.weight': torch.tensor([8.0])})
    assert averages['backbone'].weight.item() == 8.0


def test_a_resume_needs_the_averages():
    runner = stub_runner(_resume=True)
    with pytest.raises(KeyError, match='no "ema_state_dict".*without KeypointEMAHook'):
        build(runner).after_load_checkpoint(runner, dict(state_dict={}))
    older = {f'module.{name}.weight': torch.zeros(1) for name in ('backbone', 'head')}
    with pytest.raises(KeyError, match='no average of the generator.*older version'):
        build(runner).after_load_checkpoint(runner, dict(state_dict={}, ema_state_dict=older))


class Watch(Hook):
    """Head weights while training, while validating, and after."""

    def __init__(self):
        self.training, self.validating = [], []

    @staticmethod
    def copy(runner):
        return {key: value.clone() for key, value in runner.model.state_dict().items()}

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        self.training.append(self.copy(runner))

    def before_val_iter(self, runner, batch_idx, data_batch=None):
        self.validating.append(self.copy(runner))


def same(first, second, prefix):
    return all(torch.equal(first[key], second[key]) for key in first if key.startswith(prefix))


def test_validates_and_ships_the_averages_and_trains_on(tmp_path):
    runner = build_runner(tiny_config(tmp_path, 1, 4, validate=True))
    watch = Watch()
    runner.register_hook(watch)
    runner.train()
    shipped = load(tmp_path / 'iter_2.pth')
    # The score reconstructs by Psi from what Phi and eta find: all three are averages.
    for prefix in ('backbone.', 'head.', 'generator.'):
        assert same(watch.validating[0], shipped['state_dict'], prefix)
        assert not same(watch.validating[0], watch.training[2], prefix)
    assert same(watch.validating[0], watch.training[2], 'discriminator.')
    assert not any(key.startswith('module.discriminator.') for key in shipped['ema_state_dict'])
    # Training went on with the raw weights, which the checkpoint holds for a resume.
    raw = {key.removeprefix('module.'): value
           for key, value in shipped['ema_state_dict'].items()}
    raw.pop('steps')
    assert all(torch.equal(value, watch.training[2][key]) for key, value in raw.items())


def test_loading_a_checkpoint_starts_from_what_it_ships(tmp_path):
    train(tiny_config(tmp_path, 1, 2))
    shipped = load(tmp_path / 'iter_2.pth')['state_dict']
    runner = build_runner(tiny_config(tmp_path / 'next', 0, 1, load_from=f'{tmp_path}/iter_2.pth'))
    watch = Watch()
    runner.register_hook(watch)
    runner.train()
    assert same(shipped, watch.training[0], '')
