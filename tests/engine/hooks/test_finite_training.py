from types import SimpleNamespace

import pytest
import torch

from ikp_mm.engine.hooks import FiniteTrainingHook
from tiny_run import build_runner, tiny_config


def test_nan_in_a_loss_names_iteration_loss_and_frames_and_nothing_is_saved(tmp_path):
    cfg = tiny_config(tmp_path, 0, 4)
    runner = build_runner(cfg)
    step, calls = runner.model.train_step, []

    def spoilt(data, optim_wrapper):
        calls.append(data['pairs']['draw'])
        logs = step(data, optim_wrapper)
        if len(calls) == 3:
            logs['loss_gan'] = torch.tensor(float('nan'))
        return logs

    runner.model.train_step = spoilt
    with pytest.raises(RuntimeError) as error:
        runner.train()
    dataset = runner.train_loop.dataloader.dataset
    clip, t, other = dataset.pair_of(int(calls[2][0]))
    message = str(error.value)
    assert message.startswith('iteration 3: loss_gan nan. ')
    assert f"clip '{dataset.clips.name(clip)}' frames {t} and {other}" in message
    assert str(tmp_path / 'iter_2.pth') in message
    assert sorted(path.name for path in tmp_path.glob('iter_*')) == ['iter_1.pth', 'iter_2.pth']


def spoil_iterations(runner, spoilt):
    """Makes all weights and statistics NaN, and a loss, in these iterations; returns what they were
    before and after each."""
    model, seen = runner.model, []
    step = model.train_step

    def train_step(data, optim_wrapper):
        before = {name: value.clone() for name, value in model.state_dict().items()}
        logs = step(data, optim_wrapper)
        seen.append((before, len(model.pool.images)))
        if data['iteration'] in spoilt:
            for value in model.state_dict().values():
                if value.is_floating_point():
                    value.fill_(float('nan'))
            model.pool.images.append(torch.zeros(0))
            logs['loss_gan'] = torch.tensor(float('nan'))
        return logs

    model.train_step = train_step
    return seen


def test_a_skipped_iteration_leaves_the_state_before_it(tmp_path):
    runner = build_runner(tiny_config(tmp_path, 0, 5, default_hooks__finite_training__skip=1))
    said = []
    runner.logger.warning = said.append
    seen = spoil_iterations(runner, {1, 3})
    runner.train()
    for spoilt in (1, 3):
        before, after = seen[spoilt][0], seen[spoilt + 1][0]
        assert all(torch.equal(before[name], after[name]) for name in before)
        assert seen[spoilt][1] >= seen[spoilt - 1][1]
    assert all(image.numel() for image in runner.model.pool.images)
    assert all(torch.isfinite(value).all() for value in runner.model.state_dict().values())
    skipped = [line for line in said if 'SKIPPED' in line]
    assert [line.partition(':')[0] for line in skipped] == ['iteration 2', 'iteration 4']
    assert 'is undone (1 of at most 1 in a row)' in skipped[1]
    for wrapper in runner.optim_wrapper.values():
        # Five iterations, two of them undone.
        steps = {int(state['step']) for state in wrapper.optimizer.state.values()}
        assert steps == {3}


def test_more_than_so_many_skipped_in_a_row_end_training(tmp_path):
    runner = build_runner(tiny_config(tmp_path, 0, 5, default_hooks__finite_training__skip=1))
    spoil_iterations(runner, {1, 2})
    with pytest.raises(RuntimeError, match='^iteration 3: loss_gan nan'):
        runner.train()
    with pytest.raises(ValueError, match='skip must not be negative, got -1'):
        FiniteTrainingHook(skip=-1)


@pytest.mark.parametrize('kept', [1, 2])
def test_spoilt_weights_are_not_saved_and_the_checkpoint_before_stays(tmp_path, kept):
    cfg = tiny_config(tmp_path, 0, 4, default_hooks__checkpoint__max_keep_ckpts=kept)
    runner = build_runner(cfg)
    step = runner.model.train_step

    def spoilt(data, optim_wrapper):
        logs = step(data, optim_wrapper)
        if data['iteration'] == 2:
            with torch.no_grad():
                next(runner.model.discriminator.parameters()).view(-1)[0] = float('inf')
        return logs

    runner.model.train_step = spoilt
    with pytest.raises(RuntimeError, match=r'1 of the weights are NaN or infinite \(discrim') as error:
        runner.train()
    last = tmp_path / 'iter_2.pth'
    assert f'The last checkpoint is {last}.' in str(error.value) and last.is_file()
    assert len(list(tmp_path.glob('iter_*'))) == kept


def test_on_a_gpu_losses_are_looked_at_now_and_then_and_the_first_is_named():
    """Values that claim to be on a GPU; ``every_n_train_iters`` asks for ``runner.iter``."""

    class OnGPU(torch.Tensor):
        is_cuda = True

    hook = FiniteTrainingHook(interval=3)
    runner = SimpleNamespace(
        iter=0, hooks=[], work_dir='nowhere',
        train_loop=SimpleNamespace(dataloader=SimpleNamespace(dataset=None)))
    for iteration, value in enumerate((1.0, float('inf'), float('nan'))):
        runner.iter = iteration
        outputs = dict(loss=torch.tensor(value).as_subclass(OnGPU))
        if iteration < 2:
            hook.after_train_iter(runner, iteration, dict(), outputs)
            continue
        with pytest.raises(RuntimeError, match='^iteration 2: loss inf'):
            hook.after_train_iter(runner, iteration, dict(), outputs)


def test_a_loss_that_leaps_is_named_once(tmp_path):
    warned = []
    runner = SimpleNamespace(iter=0, hooks=[], logger=SimpleNamespace(warning=warned.append))
    with pytest.raises(ValueError, match='interval must be positive, got 0'):
        FiniteTrainingHook(interval=0)
    hook = FiniteTrainingHook(interval=2)
    # Ten intervals about 1 (9 times it is no leap), then 20 and 40: 30 in the mean; then as before.
    values = [0.5, 1.5] * 9 + [9.0, 9.0] + [20.0, 40.0] + [1.0, 1.0]
    for runner.iter, value in enumerate(values):
        hook.after_train_iter(runner, runner.iter, {}, dict(
            loss_gan=torch.tensor(value), d_real=torch.tensor(100 * value)))
    assert warned == ['loss_gan leapt to 30, 30 times its median of the last 20 iterations (1)']
