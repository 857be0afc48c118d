import copy

import pytest
import torch
from mmengine.optim import OptimWrapper
from mmengine.runner.checkpoint import load_state_dict
from tiny_model import GAN_LOG, batch, build, optimizers, pairs, prior

from ikp_mm.models.pose_estimators import keypoint_gan
from ikp_mm.models.pose_estimators.keypoint_gan import frozen

TRAINED = ('backbone', 'generator', 'discriminator', 'head')


def snapshot(model):
    """Weights and buffers by module, the frozen features (no state) included."""
    state = {name: copy.deepcopy(getattr(model, name).state_dict())
             for name in (*TRAINED, 'frozen_head', 'loss_reconstruction')}
    state['features'] = {n: b.clone() for n, b in
                         model.loss_reconstruction.features.named_buffers()}
    return state


def moved(before, after):
    return {name for name in before
            if any(not torch.equal(v, after[name][k]) for k, v in before[name].items())}


# ------------------------------------------------------------------ one step of each stage

def test_prior_stage_moves_eta_alone():
    model = build()
    before, pool = snapshot(model), list(model.pool.images)
    logs = model.train_step(batch('prior'), optimizers(model))
    assert moved(before, snapshot(model)) == {'head'}
    assert set(logs) == {'loss_prior'} and model.pool.images == pool == []
    assert not model.head_is_frozen


def test_gan_stage_moves_the_four_networks_and_the_running_means():
    model = build()
    before = snapshot(model)
    logs = model.train_step(batch('gan'), optimizers(model))
    # loss_reconstruction: its running means. frozen_head: eta before this step, as it was built.
    assert moved(before, snapshot(model)) == {*TRAINED, 'loss_reconstruction'}
    assert set(logs) == GAN_LOG
    for value in logs.values():
        assert value.shape == () and torch.isfinite(value) and not value.requires_grad


@pytest.mark.parametrize('stage', ['prior', 'gan'])
def test_every_weight_of_a_trained_network_moves(stage):
    model = build()
    trained = TRAINED if stage == 'gan' else ('head', )
    before = {n: p.clone() for n, p in model.named_parameters()}
    model.train_step(batch(stage), optimizers(model))
    for name, parameter in model.named_parameters():
        if name.split('.')[0] in trained:
            assert not torch.equal(parameter, before[name]), name


@pytest.mark.parametrize('stage', ['prior', 'gan'])
def test_a_step_restores_what_it_froze(stage):
    model = build()
    wanted = {n: p.requires_grad for n, p in model.named_parameters()}
    model.train_step(batch(stage), optimizers(model))
    assert {n: p.requires_grad for n, p in model.named_parameters()} == wanted
    assert {n.split('.')[0] for n, w in wanted.items() if not w} == {'frozen_head'}


def test_frozen_restores_after_an_error_and_leaves_frozen_what_was():
    model = build()
    with pytest.raises(RuntimeError, match='inside'):
        with frozen(model.head, model.frozen_head):
            assert not any(p.requires_grad for p in model.head.parameters())
            raise RuntimeError('inside')
    assert all(p.requires_grad for p in model.head.parameters())
    assert not any(p.requires_grad for p in model.frozen_head.parameters())


class Recording(OptimWrapper):
    """Notes, in place of a step, which modules have gradients; a leaked one stays to be seen."""

    def __init__(self, model, name, log):
        modules = ['backbone', 'generator'] if name == 'translator' else [name]
        super().__init__(torch.optim.SGD(
            [p for module in modules for p in getattr(model, module).parameters()], lr=1.0))
        self.model, self.name, self.log = model, name, log

    def step(self):
        self.log.append((self.name, {n.split('.')[0] for n, p in self.model.named_parameters()
                                     if p.grad is not None}))


def test_each_loss_reaches_its_own_networks_in_the_papers_order():
    model, log = build(), []
    model.train_step(batch('gan'), {n: Recording(model, n, log)
                                    for n in ('translator', 'discriminator', 'head')})
    assert log == [('translator', {'backbone', 'generator'}),
                   ('discriminator', {'discriminator'}), ('head', {'head'})]


# ------------------------------------------------------------------ the frozen eta

def test_the_first_gan_step_freezes_eta_as_stage_one_left_it():
    model = build()
    wrappers = optimizers(model)
    model.train_step(batch('prior'), wrappers)
    stage_one = copy.deepcopy(model.head.state_dict())
    for _ in range(2):
        model.train_step(batch('gan'), wrappers)
        assert model.head_is_frozen
        for name, weight in model.frozen_head.state_dict().items():
            assert torch.equal(weight, stage_one[name])
    assert not torch.equal(model.head.encoder.project.weight,
                           stage_one['encoder.project.weight'])


@pytest.mark.parametrize('load', [lambda model, state: model.load_state_dict(state),
                                  lambda model, state: load_state_dict(model, state, strict=True)])
def test_a_loaded_model_freezes_eta_if_the_file_had_not(load):
    model = build()
    before = copy.deepcopy(model.state_dict())
    model.train_step(batch('gan'), optimizers(model))
    load(model, before)  # eta not frozen yet
    left = copy.deepcopy(model.head.state_dict())
    model.frozen_head.requires_grad_(False).encoder.project.weight.fill_(7)
    model.train_step(batch('gan'), optimizers(model))
    assert all(torch.equal(value, left[name])
               for name, value in model.frozen_head.state_dict().items())


def test_a_new_stage_one_ends_in_a_new_frozen_eta():
    model = build()
    wrappers = optimizers(model)
    for stage in ('gan', 'prior', 'prior'):
        model.train_step(batch(stage), wrappers)
    left = copy.deepcopy(model.head.state_dict())
    model.train_step(batch('gan'), wrappers)
    assert all(torch.equal(value, left[name])
               for name, value in model.frozen_head.state_dict().items())


def test_a_restored_model_keeps_its_frozen_eta():
    model = build()
    model.train_step(batch('gan'), optimizers(model))
    restored = build()
    restored.load_state_dict(model.state_dict(), strict=True)
    restored.train_step(batch('gan'), optimizers(restored))
    for name, weight in model.frozen_head.state_dict().items():
        assert torch.equal(restored.frozen_head.state_dict()[name], weight)


# ------------------------------------------------------------------ what goes where

def test_batches_are_normalised_as_the_data_preprocessor_does():
    model, data = build(), pairs()
    prepared = model.prepare_pairs(data)
    assert len(prepared) == 3
    for key, images in (('image', prepared.images), ('target', prepared.targets),
                        ('appearance', prepared.appearances)):
        expected = model.data_preprocessor(dict(inputs=list(data[key]), data_samples=[]))['inputs']
        torch.testing.assert_close(images, expected)
    assert torch.equal(prepared.weights, data['weight'])


def test_pixels_by_hand():
    # B, G, R = 20, 50, 200: R (200 - 100) / 50 = 2, G (50 - 110) / 60 = -1, B (20 - 120) / 70.
    model, data = build(), pairs(1)
    data['image'] = torch.tensor([20, 50, 200], dtype=torch.uint8).view(1, 3, 1, 1).expand(
        1, 3, 16, 16)
    images = model.prepare_pairs(data).images
    assert images[0, :, 5, 5].tolist() == pytest.approx([2, -1, -10 / 7])
    assert model.to_rgb(images)[0, :, 5, 5].tolist() == pytest.approx([200, 50, 20])


def spy(monkeypatch, target, name):
    """Note the arguments of every call of a method or submodule."""
    calls, real = [], getattr(target, name)

    def noting(*args, **kwargs):
        calls.append(args)
        return real(*args, **kwargs)

    if isinstance(real, torch.nn.Module):
        target, name, real = real, 'forward', real.forward
    monkeypatch.setattr(target, name, noting)
    return calls


def test_wiring_of_a_gan_step(monkeypatch):
    model, data = build(foreground_gain=3.0), batch('gan')
    prepared = model.prepare_pairs(data['pairs'])
    real = model.head.render(data['prior']['keypoints'], data['prior']['visible'])
    p = model.head.keypoints(copy.deepcopy(model.backbone)(prepared.images)[-1])
    rendered = model.head.render(p).detach()
    seen = {name: spy(monkeypatch, model, name)
            for name in ('backbone', 'generator', 'discriminator', 'loss_reconstruction',
                         'loss_rerender')}
    outputs = []
    model.backbone.register_forward_hook(lambda m, args, out: outputs.append(out[-1]))
    logs = model.train_step(data, optimizers(model))
    # Phi reads x, Psi the rendered skeleton (never y) and x'.
    assert len(seen['backbone']) == 1 and torch.equal(seen['backbone'][0][0], prepared.images)
    (psi_skeletons, psi_appearances), = seen['generator']
    torch.testing.assert_close(psi_skeletons.detach(), rendered)
    assert torch.equal(psi_appearances, prepared.appearances)
    # D sees y for Phi's loss, then the rendered prior and y again, in one batch.
    y, = outputs
    assert [torch.equal(args[0], expected) for args, expected in
            zip(seen['discriminator'], (y, torch.cat([real, y])), strict=True)] == [True] * 2
    # The reconstruction is asked for the target, in 0-255, weighed 1 + 3 w.
    (_, target, weights), = seen['loss_reconstruction']
    torch.testing.assert_close(target, data['pairs']['target'].flip(1).float(), rtol=1e-4,
                               atol=1e-3)
    torch.testing.assert_close(weights, 1 + 3 * data['pairs']['weight'])
    # eta re-renders the detached y.
    (_, skeletons), = seen['loss_rerender']
    assert torch.equal(skeletons, y) and not skeletons.requires_grad
    torch.testing.assert_close(logs['agreement'], (y - rendered).square().mean())


def test_losses_by_hand_where_the_networks_are_known():
    # D always says 3: LSGAN 10 * (3 - 1)^2 for Phi, 0.5 * ((3 - 1)^2 + 3^2) for D.
    model = build()
    last = model.discriminator.networks[0][-1]
    torch.nn.init.zeros_(last.weight)
    torch.nn.init.constant_(last.bias, 3.)
    logs = model.train_step(batch('gan'), optimizers(model))
    assert logs['loss_gan'].item() == pytest.approx(40)
    assert logs['loss_d'].item() == pytest.approx(6.5)
    assert (logs['d_real'].item(), logs['d_fake'].item()) == (3, 3)
    assert logs['loss_reconstruction'].item() == pytest.approx(10)  # its first value is its weight


def test_past_skeletons_feed_d_alone(monkeypatch):
    model = build(pool_size=3)
    wrappers = optimizers(model)
    model.train_step(batch('gan'), wrappers)
    first = torch.stack(model.pool.images)
    assert first.shape == (3, 1, 8, 8) and not first.requires_grad
    monkeypatch.setattr(model.pool, 'query', lambda skeletons: first)
    seen = spy(monkeypatch, model, 'discriminator')
    model.train_step(batch('gan'), wrappers)
    for_phi, for_d = (args[0] for args in seen)
    assert torch.equal(for_d[3:], first) and not torch.equal(for_phi, first)


def test_consistency_weight_adds_its_loss():
    model = build(consistency_weight=4.0)
    logs = model.train_step(batch('gan'), optimizers(model))
    assert set(logs) == GAN_LOG | {'loss_consistency'}
    assert logs['loss_consistency'].item() == pytest.approx(4 * logs['agreement'].item())


def test_equivariance_under_no_motion_is_the_agreement():
    # T is the identity by default: Phi(T x) = y and beta(T p) = beta(eta(y)).
    model = build(equivariance=dict(weight=4.0))
    logs = model.train_step(batch('gan'), optimizers(model))
    assert set(logs) == GAN_LOG | {'loss_equivariance'}
    assert logs['loss_equivariance'].item() == pytest.approx(4 * logs['agreement'].item(), rel=1e-3)


def test_equivariance_moves_the_image_and_the_keypoints_alike(monkeypatch):
    # A quarter turn, then an eighth of the 16 px side to the right: p goes to (-p_y + 1/4, p_x).
    # What lies at pixel (x, y) was at p_y = 1/4 - (2 x / 16 - 1), so at row 18 - x, column y.
    turn = torch.tensor([[0., -1., 0.25], [1., 0., 0.]])
    asked = []

    def quarter_turns(num, **options):
        asked.append(options)
        return turn.expand(num, 2, 3)

    monkeypatch.setattr(keypoint_gan, 'random_similarities', quarter_turns)
    options = dict(rotate_deg=90, scale=(0.9, 1.1), shift=0.1, flip=0.5)
    model, data = build(equivariance=dict(weight=1.0, **options)), batch('gan')
    images = model.prepare_pairs(data['pairs']).images
    seen = spy(monkeypatch, model, 'backbone')
    rendered = spy(monkeypatch, model.head, 'render')
    outputs = []
    model.backbone.register_forward_hook(lambda m, args, out: outputs.append(out[-1].detach()))
    logs = model.train_step(data, optimizers(model))
    assert asked == [options]
    moved, (p, ), (turned, ) = seen[1][0], rendered[1], rendered[2]
    for x, y in ((4, 3), (9, 12), (15, 5)):
        torch.testing.assert_close(moved[..., y, x], images[..., 18 - x, y])
    expected = torch.stack([0.25 - p[..., 1], p[..., 0]], dim=-1).detach()
    torch.testing.assert_close(turned, expected)
    error = (outputs[1] - model.head.render(expected)).square().mean()
    torch.testing.assert_close(logs['loss_equivariance'], error)


def test_equivariance_trains_phi_alone(monkeypatch):
    model, log = build(equivariance=dict(weight=1.0, shift=0.1)), []
    monkeypatch.setattr(model, 'loss_gan', Zero())
    monkeypatch.setattr(model, 'loss_reconstruction', Zero())
    recording = {n: Recording(model, n, log) for n in ('translator', 'discriminator', 'head')}
    model._translator_step(
        model.prepare_pairs(pairs()), model.prepare_prior(prior()), recording['translator'],
        warm_up=False)
    assert log == [('translator', {'backbone'})]


class Zero(torch.nn.Module):
    """A loss that has no opinion."""

    def forward(self, *args):
        return torch.zeros(())

    generator = discriminator = forward


def test_channels_last_is_another_layout_of_the_same_step():
    logs, data = {}, None
    for channels_last in (False, True):
        torch.manual_seed(6)
        model = build(channels_last=channels_last)
        data = data or batch('gan')
        weight = model.backbone.encoder[1][0].conv.weight
        assert weight.is_contiguous(memory_format=torch.channels_last) is channels_last
        images = model.prepare_pairs(data['pairs']).images
        assert images.is_contiguous(memory_format=torch.channels_last) is channels_last
        logs[channels_last] = model.train_step(data, optimizers(model))
    for name, value in logs[False].items():
        torch.testing.assert_close(logs[True][name], value, rtol=1e-3, atol=1e-5)


def test_no_weights_when_all_pixels_weigh_alike():
    assert build().reconstruction_weights(torch.rand(1, 1, 2, 2)) is None


def test_same_seed_same_step():
    states = []
    for _ in range(2):
        torch.manual_seed(4)
        model = build()
        model.train_step(batch('gan'), optimizers(model))
        states.append(model.state_dict())
    assert all(torch.equal(v, states[1][k]) for k, v in states[0].items())
