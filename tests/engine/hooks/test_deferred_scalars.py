"""Losses and norms reach the log as the host's hook would put them there, only later."""
import json
from pathlib import Path
from types import SimpleNamespace

import torch
from mmengine.hooks import RuntimeInfoHook
from mmengine.logging import MessageHub
from mmpose.registry import OPTIM_WRAPPERS
from tiny_run import assert_identical, load, tiny_config, train, training_state

from ikp_mm.engine.hooks import DeferredScalarsHook, deferred_scalars


def logged(work_dir):
    """The lines of scalars.json without what a clock or the memory says."""
    path, = Path(work_dir).rglob('scalars.json')
    return [{name: value for name, value in json.loads(line).items()
             if 'time' not in name and name not in ('memory', 'eta')}
            for line in path.read_text().splitlines()]


def test_log_and_checkpoint_are_those_of_the_hosts_hook(tmp_path):
    states = []
    for name, hook in (('host', 'RuntimeInfoHook'), ('ours', 'DeferredScalarsHook')):
        # A line every third iteration, a checkpoint in between, an end after neither.
        train(tiny_config(tmp_path / name, max_iters=8, default_hooks__runtime_info__type=hook,
                          default_hooks__logger__interval=3,
                          default_hooks__checkpoint__interval=4))
        states.append([training_state(load(tmp_path / name / f'iter_{n}.pth')) for n in (4, 8)])
    assert logged(tmp_path / 'ours') == logged(tmp_path / 'host')
    assert {'loss_gan', 'loss_d', 'translator.grad_norm'} <= set(logged(tmp_path / 'ours')[-1])
    for host, ours in zip(*states):
        for state in (host, ours):  # the order in which names came up is another
            state['scalars'] = dict(sorted(state['scalars'].items()))
        assert_identical(host, ours)


def runner_of(wrapper=None):
    hub = MessageHub.get_instance(f'deferred_{id(wrapper)}_{torch.rand(())}')
    return SimpleNamespace(
        message_hub=hub, optim_wrapper=wrapper, hooks=[], epoch=0, iter=0, max_epochs=1,
        max_iters=4, train_dataloader=SimpleNamespace(dataset=None))


def history(runner, name):
    return runner.message_hub.get_scalar(f'train/{name}').data[0].tolist()


def test_it_takes_the_hosts_place():
    assert issubclass(DeferredScalarsHook, RuntimeInfoHook)
    assert DeferredScalarsHook.priority == RuntimeInfoHook.priority


def test_tensors_of_any_kind_and_numbers():
    hook, runner = DeferredScalarsHook(), runner_of()
    for value in (0.1, 0.2):
        hook.after_train_iter(runner, 0, outputs=dict(
            single=torch.tensor([value], requires_grad=True), half=torch.tensor(
                value, dtype=torch.bfloat16), double=torch.tensor(value, dtype=torch.float64),
            number=value))
    hook.after_train_iter(runner, 0)
    assert 'train/single' not in runner.message_hub.log_scalars
    hook.fetch(runner)
    hook.fetch(runner)  # nothing twice
    assert history(runner, 'single') == [torch.tensor(value).item() for value in (0.1, 0.2)]
    assert history(runner, 'double') == history(runner, 'number') == [0.1, 0.2]
    assert history(runner, 'half') == [torch.tensor(value, dtype=torch.bfloat16).item()
                                       for value in (0.1, 0.2)]


def test_norms_are_kept_once_a_run_begins_and_logged_where_there_was_a_step():
    weight = torch.nn.Parameter(torch.zeros(2))
    wrapper = OPTIM_WRAPPERS.build(dict(
        type='AllReduceOptimWrapper', optimizer=torch.optim.SGD([weight], lr=1.0),
        clip_grad=dict(max_norm=1.0)))
    hook, runner = DeferredScalarsHook(), runner_of(wrapper)
    hook.before_train(runner)
    wrapper.update_params((weight * torch.tensor([3.0, 4.0])).sum())
    torch.testing.assert_close(weight.detach(), torch.tensor([-0.6, -0.8]))
    hook.after_train_iter(runner, 0, outputs=dict(loss=1.0))
    hook.after_train_iter(runner, 1, outputs=dict(loss=2.0))  # no step
    hook.fetch(runner)
    assert history(runner, 'grad_norm') == [5.0] and history(runner, 'loss') == [1.0, 2.0]


def test_without_the_hook_norms_are_logged_as_ever():
    weight = torch.nn.Parameter(torch.zeros(2))
    wrapper = OPTIM_WRAPPERS.build(dict(
        type='AllReduceOptimWrapper', optimizer=torch.optim.SGD([weight], lr=1.0),
        clip_grad=dict(max_norm=1.0)))
    wrapper.message_hub = MessageHub.get_instance('deferred_without')
    wrapper.update_params((weight * torch.tensor([3.0, 4.0])).sum())
    assert wrapper.message_hub.get_scalar('train/grad_norm').current() == 5.0


def test_what_nothing_asks_for_is_fetched_in_the_end(monkeypatch):
    monkeypatch.setattr(deferred_scalars, 'MOST_PENDING', 3)
    hook, runner = DeferredScalarsHook(), runner_of()
    for _ in range(4):
        hook.after_train_iter(runner, 0, outputs=dict(loss=torch.ones(())))
    assert history(runner, 'loss') == [1.0] * 3
    runner.message_hub.update_info('loop_stage', 'train')
    hook.after_train(runner)
    assert history(runner, 'loss') == [1.0] * 4
