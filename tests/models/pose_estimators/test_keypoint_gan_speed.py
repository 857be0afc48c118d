"""What makes a step fast changes no value: nothing is read twice, no look at the device, AMP."""
import copy

import pytest
import torch
from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmpose.registry import OPTIM_WRAPPERS
from tiny_model import TINY_GAN, batch, build, optimizers
from torch.utils._python_dispatch import TorchDispatchMode

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
    # eta reads y and the prior; beta draws both; D sees y, then fakes and the prior in one pass;
    # features are those of the target and of the reconstruction.
    assert {name: len(made) for name, made in calls.items()} == dict(
        phi=1, psi=1, eta=2, beta=2, d=2, features=2)


def test_a_discriminator_that_mixes_images_scores_fakes_and_prior_apart(monkeypatch):
    discriminator = dict(TINY_GAN['discriminator'], num_strided=2, norm_cfg=dict(type='BN'))
    sizes = dict(skeleton_size=16, base_channels=4)
    model = build(backbone=dict(TINY_GAN['backbone'], skeleton_size=16),
                  head=dict(TINY_GAN['head'], **sizes),
                  generator=dict(TINY_GAN['generator'], skeleton_size=16),
                  discriminator=dict(discriminator, **sizes))
    calls = counted(model.discriminator, monkeypatch)
    model.train_step(batch('gan'), optimizers(model))
    assert len(calls) == 3


def test_moved_prior_poses_are_drawn_anew(monkeypatch):
    model = build(head_augment=dict(rotate_deg=30, flip=0.5))
    calls = counted(model.head.renderer, monkeypatch)
    model.train_step(batch('gan'), optimizers(model))
    assert len(calls) == 3  # for D as they are, for eta moved, and y's


class NoLooking(TorchDispatchMode):
    """Refuses what makes the host wait for a GPU: a look at a value, a shape that hangs on one."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func in LOOKS or (func is torch.ops.aten.index.Tensor
                             and any(i is not None and i.dtype == torch.bool for i in args[1])):
            raise AssertionError(f'{func} waits for the device')
        return func(*args, **(kwargs or {}))


LOOKS = {torch.ops.aten._local_scalar_dense.default, torch.ops.aten.nonzero.default,
         torch.ops.aten.masked_select.default, torch.ops.aten._linalg_check_errors.default}


@pytest.mark.parametrize('look', [lambda t: bool(t.any()), lambda t: t[t > 0],
                                  lambda t: t.masked_select(t > 0), lambda t: t.nonzero(),
                                  lambda t: torch.linalg.inv(t[:, None])])
def test_what_the_next_test_refuses(look):
    with NoLooking(), pytest.raises(AssertionError, match='waits for the device'):
        look(torch.ones(1))


@pytest.mark.parametrize('stage', ['prior', 'gan'])
def test_no_step_looks_at_a_value_of_the_device(stage, monkeypatch):
    terms = dict(equivariance=dict(weight=1.0, flip=0.5), consistency_weight=1.0,
                 foreground_gain=1.0, head_augment=dict(flip=0.5))
    model = build(pool_size=0, **terms)  # the pool looks at draws of the CPU's own generator
    wrappers = OptimWrapperDict(**{name: OPTIM_WRAPPERS.build(dict(
        # Without clipping, whose norm MMEngine logs; not Adam, which counts its steps on the CPU.
        type='AllReduceOptimWrapper',
        optimizer=torch.optim.SGD(wrapper.optimizer.param_groups, lr=1e-2)))
        for name, wrapper in optimizers(model).items()})
    model.train_step(batch(stage), wrappers)  # the first of a stage asks whether eta is frozen
    # The batch is looked at before it leaves the CPU.
    data = batch(stage)
    prepared = model.prepare_prior(data['prior'])
    monkeypatch.setattr(model, 'prepare_prior', lambda batch: prepared)
    with NoLooking():
        model.train_step(data, wrappers)


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


def test_recomputed_activations_are_refused():
    backbone = dict(type='ResNet', depth=18, with_cp=True, out_indices=(0, ))
    neck = dict(type='SkeletonNeck', in_channels=64, map_size=4, skeleton_size=8)
    with pytest.raises(ValueError, match='with_cp=True: recomputed activations'):
        build(backbone=backbone, neck=neck)


class Scaled(OptimWrapper):
    """Scales its loss and its gradients back, as a GradScaler does."""

    def __init__(self, optimizer, factor):
        super().__init__(optimizer)
        self.factor = factor

    def backward(self, loss, **kwargs):
        super().backward(loss * self.factor, **kwargs)

    def step(self, **kwargs):
        for group in self.param_groups:
            for parameter in group['params']:
                if parameter.grad is not None:
                    parameter.grad /= self.factor
        super().step(**kwargs)


def test_optimizers_that_share_a_graph_may_scale_their_losses_differently():
    plain = build()
    scaled = copy.deepcopy(plain)
    data = batch('gan')
    torch.manual_seed(0)
    plain.train_step(data, optimizers(plain))
    torch.manual_seed(0)
    # Powers of two change no rounding.
    scaled.train_step(data, OptimWrapperDict(**{
        name: Scaled(wrapper.optimizer, factor) for (name, wrapper), factor in
        zip(optimizers(scaled).items(), (1024.0, 8.0, 64.0))}))
    for (name, a), b in zip(plain.named_parameters(), scaled.parameters()):
        assert torch.equal(a, b), name
