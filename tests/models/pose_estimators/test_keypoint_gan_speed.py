"""What makes a step fast changes no value: nothing is read twice, AMP, compiled networks."""
import copy

import pytest
import torch
from mmengine.optim import OptimWrapperDict
from mmpose.registry import OPTIM_WRAPPERS
from tiny_model import batch, build, optimizers

from ikp_mm.models.pose_estimators.keypoint_gan import update_own_params


def counted(module, monkeypatch):
    """Number of times a module is called, as a list that grows."""
    calls, forward = [], module.forward

    def counting(*args, **kwargs):
        calls.append(1)
        return forward(*args, **kwargs)

    monkeypatch.setattr(module, 'forward', counting)
    return calls


def test_a_step_computes_nothing_twice(monkeypatch):
    model = build()
    parts = dict(phi=model.backbone, psi=model.generator, eta=model.head.encoder,
                 beta=model.head.renderer, d=model.discriminator,
                 features=model.loss_reconstruction.features)
    calls = {name: counted(module, monkeypatch) for name, module in parts.items()}
    model.train_step(batch('gan'), optimizers(model))
    # eta reads y and the prior; beta draws both; D sees y, then fakes and the prior; features are
    # those of the target and of the reconstruction.
    assert {name: len(made) for name, made in calls.items()} == dict(
        phi=1, psi=1, eta=2, beta=2, d=3, features=2)


def test_moved_prior_poses_are_drawn_anew(monkeypatch):
    model = build(head_augment=dict(rotate_deg=30, flip=0.5))
    calls = counted(model.head.renderer, monkeypatch)
    model.train_step(batch('gan'), optimizers(model))
    assert len(calls) == 3  # for D as they are, for eta moved, and y's


def test_only_its_own_parameters_get_gradients():
    own, other = torch.nn.Parameter(torch.ones(1)), torch.nn.Parameter(torch.ones(1))
    wrapper = OPTIM_WRAPPERS.build(dict(
        type='AllReduceOptimWrapper', optimizer=torch.optim.SGD([own], lr=0.5)))
    update_own_params(wrapper, (3 * own * other).sum())
    assert own.item() == 1 - 0.5 * 3 and other.grad is None


def test_gradients_accumulate_as_the_wrapper_says():
    own = torch.nn.Parameter(torch.ones(1))
    wrapper = OPTIM_WRAPPERS.build(dict(
        type='AllReduceOptimWrapper', optimizer=torch.optim.SGD([own], lr=1.0),
        accumulative_counts=2))
    wrapper.initialize_count_status(torch.nn.Identity(), 0, 4)
    update_own_params(wrapper, (3 * own).sum())
    assert own.item() == 1
    update_own_params(wrapper, (5 * own).sum())
    assert own.item() == 1 - (3 + 5) / 2


def in_bfloat16(wrappers):
    return OptimWrapperDict(**{
        name: OPTIM_WRAPPERS.build(dict(type='AllReduceBFloat16OptimWrapper',
                                        optimizer=wrapper.optimizer))
        for name, wrapper in wrappers.items()})


@pytest.mark.parametrize('stage', ['prior', 'gan'])
def test_a_bfloat16_step_is_the_step_to_its_eight_bits(stage):
    exact = build()
    rough = copy.deepcopy(exact)
    data = batch(stage)
    logs = exact.train_step(data, optimizers(exact, lr=1e-3))
    about = rough.train_step(data, in_bfloat16(optimizers(rough, lr=1e-3)))
    assert logs.keys() == about.keys()
    for name, value in logs.items():
        # 2^-8 a rounding, some dozen layers.
        torch.testing.assert_close(about[name].float(), value, rtol=0.1, atol=0.02)
    assert all(p.dtype == torch.float32 for p in rough.parameters())
    moved = [not torch.equal(a, b) for a, b in zip(exact.parameters(), rough.parameters())]
    assert any(moved)  # it was computed otherwise


def test_keypoints_stay_float32_in_bfloat16():
    model = build()
    with torch.autocast('cpu', dtype=torch.bfloat16):
        out = model.translate(torch.randn(2, 3, 16, 16), torch.randn(2, 3, 16, 16))
    assert out.skeletons.dtype == torch.bfloat16
    assert out.keypoints.dtype == out.rendered.dtype == torch.float32


def test_compiled_networks_keep_names_and_values():
    """With the compiler's graph and an eager backend; inductor's own code is the slow test."""
    plain = build()
    compiled = build(compile_networks=dict(backend='aot_eager'))
    assert compiled.state_dict().keys() == plain.state_dict().keys()
    compiled.load_state_dict(plain.state_dict())
    data = batch('gan')
    ours, theirs = (model.train_step(data, optimizers(model)) for model in (plain, compiled))
    for name, value in ours.items():
        torch.testing.assert_close(theirs[name], value, rtol=1e-4, atol=1e-6)


@pytest.mark.slow
def test_compiled_networks_train_with_three_optimizers():
    plain, compiled = build(), build(compile_networks=dict())
    compiled.load_state_dict(plain.state_dict())
    for seed in range(3):
        torch.manual_seed(seed)
        data = batch('gan')
        for model in (plain, compiled):
            torch.manual_seed(seed)  # the pools draw alike
            model.train_step(data, optimizers(model, lr=1e-4))
    for (name, a), b in zip(plain.named_parameters(), compiled.parameters()):
        torch.testing.assert_close(b, a, rtol=1e-2, atol=1e-3, msg=name)
