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
