"""Painted figures, Phi's wait and the heading, in steps of a tiny model."""
import pytest
import torch
from tiny_model import GAN_LOG, TINY_GAN, batch, build, optimizers, pairs, prior, with_scenes

from ikp_mm.models.pose_estimators.keypoint_gan import running_statistics_kept

FIGURES = dict(weight=5.0, keypoint_weight=5.0, augment=dict(rotate_deg=30, flip=0.5))
FIGURE_LOG = {'loss_figures', 'loss_figure_keypoints'}


def step(model, stage, **changes):
    """What a step of this stage moves, and what it logs."""
    names = ('backbone', 'generator', 'discriminator', 'head')
    before = {n: p.clone() for n, p in model.named_parameters()}
    torch.manual_seed(1)
    logs = model.train_step(dict(with_scenes(batch('gan')), stage=stage, **changes),
                            optimizers(model))
    after = dict(model.named_parameters())
    return {name for name in names if any(
        not torch.equal(value, after[key]) for key, value in before.items()
        if key.startswith(f'{name}.'))}, logs


def test_stage_one_trains_phi_and_eta_on_figures():
    model = build(figures=FIGURES)
    moved, logs = step(model, 'prior')
    assert moved == {'backbone', 'head'}
    assert set(logs) == {'loss_prior', *FIGURE_LOG}
    assert model.pairs_in_stage_one and not build().pairs_in_stage_one


def test_phi_hears_figures_alone_while_it_waits(monkeypatch):
    model = build(figures=dict(FIGURES, weight=0.0, keypoint_weight=0.0), equivariance=dict(
        weight=1.0, shift=0.1))
    moved, logs = step(model, 'warm_up')
    # Both weights of the figures are 0, so nothing moves Phi; Psi, D and eta learn.
    assert moved == {'generator', 'discriminator', 'head'}
    assert set(logs) == GAN_LOG - {'loss_gan'} | FIGURE_LOG
    moved, logs = step(build(figures=FIGURES), 'warm_up')
    assert moved == {'backbone', 'generator', 'discriminator', 'head'}


def test_the_gan_stage_keeps_the_figures_as_an_anchor():
    moved, logs = step(build(figures=FIGURES), 'gan')
    assert moved == {'backbone', 'generator', 'discriminator', 'head'}
    assert set(logs) == GAN_LOG | FIGURE_LOG


@pytest.mark.parametrize('stage', ['prior', 'gan'])
def test_etas_weight_of_the_figures_is_its_own(stage):
    """``keypoint_weight`` is Phi's, ``head_weight`` eta's."""
    def eta(**figures):
        torch.manual_seed(0)
        model = build(figures=dict(FIGURES, **figures))
        step(model, stage)
        return torch.cat([p.detach().flatten() for p in model.head.parameters()])

    assert torch.equal(eta(keypoint_weight=0.0), eta())
    assert torch.equal(eta(head_weight=0.2), eta())
    assert not torch.equal(eta(head_weight=0.0), eta())


def test_running_statistics_are_those_of_real_frames(monkeypatch):
    model, data = build(figures=FIGURES), with_scenes(batch('gan'))
    seen = []
    original = model.backbone.forward
    monkeypatch.setattr(model.backbone, 'forward',
                        lambda images: seen.append(images) or original(images))
    model.train_step(dict(data, stage='prior'), optimizers(model))
    real = model.prepare_pairs(data['pairs']).images
    assert torch.equal(seen[0], real) and not torch.equal(seen[1], real)
    first, second = build(figures=FIGURES), build(figures=FIGURES)
    second.load_state_dict(first.state_dict())
    first.train(), second.train()
    with torch.no_grad():
        first.extract_feat(real)
        second.extract_feat(real)
        with running_statistics_kept(second):
            second.extract_feat(real + 3)
    for name, value in first.named_buffers():
        if name.endswith(('running_mean', 'running_var')):
            assert torch.equal(value, dict(second.named_buffers())[name]), name
    assert second.backbone.encoder[0][0].bn.momentum == first.backbone.encoder[0][0].bn.momentum


def test_targets_are_the_poses_that_are_painted(monkeypatch):
    model, data = build(figures=dict(FIGURES, augment={})), with_scenes(batch('gan'))
    painted, asked = [], []
    drawer, loss = model.drawer.forward, model.loss_prior.forward
    monkeypatch.setattr(model.drawer, 'forward',
                        lambda *args: painted.append(args) or drawer(*args))
    monkeypatch.setattr(model.loss_prior, 'forward',
                        lambda *args: asked.append(args) or loss(*args))
    model.train_step(dict(data, stage='prior'), optimizers(model))
    keypoints, visible, scenes, _ = painted[0]
    assert torch.equal(keypoints, data['prior']['keypoints'])
    assert torch.equal(asked[0][1], keypoints)
    # RGB, as the model reads frames.
    assert torch.equal(scenes, data['pairs']['scene'].flip(1).float())


def test_what_lies_outside_the_frame_is_not_asked_for(monkeypatch):
    model, data = build(), batch('prior')
    data['prior']['keypoints'][:, 2] = 1.5
    asked = []
    loss = model.loss_prior.forward
    monkeypatch.setattr(model.loss_prior, 'forward',
                        lambda *args: asked.append(args) or loss(*args))
    model.train_step(data, optimizers(model))
    assert not asked[0][2][:, 2].any() and asked[0][2][:, :2].all()


@pytest.mark.parametrize('iteration, either', [(2, False), (3, True)])
def test_either_side_from_an_iteration_on(monkeypatch, iteration, either):
    model = build(loss_prior=dict(type='PriorCoordinateLoss', either_side_from=3))
    asked = []
    loss = model.loss_prior.forward
    monkeypatch.setattr(model.loss_prior, 'forward',
                        lambda *args: asked.append(args) or loss(*args))
    model.train_step(dict(batch('prior'), iteration=iteration), optimizers(model))
    assert (asked[0][3] is not None) == either
    if either:
        assert asked[0][3].tolist() == [0, 2, 1, 3]  # the ears of mouse4


def test_heading_by_hand():
    model = build(heading=dict(weight=2.0))
    # tailbase (3) to snout (0): one body points right, one left; both go right by 0.2 and 0.05.
    keypoints = torch.zeros(2, 4, 2)
    keypoints[0, 0, 0], keypoints[1, 0, 0] = 0.5, -0.5
    motion = torch.tensor([[0.2, 0.], [0.05, 0.]])
    # 1 x (1 - 1) and 0.5 x (1 + 1), halved.
    assert model._heading_error(keypoints, motion).item() == pytest.approx(0.5)
    assert model._heading_error(keypoints, torch.zeros(2, 2)) == 0
    _, logs = step(model, 'gan')
    assert set(logs) == GAN_LOG | {'loss_heading'}


def test_a_skeleton_without_a_heading_has_no_such_term():
    stick = dict(name='stick', joints=['a', 'b', 'c', 'd'], edges=[('a', 'b')])
    model = build(heading=dict(weight=2.0), head=dict(TINY_GAN['head'], skeleton=stick))
    _, logs = step(model, 'gan')
    assert 'loss_heading' not in logs


def test_a_batch_without_scenes_says_what_is_missing():
    with pytest.raises(ValueError, match='figures need .*scene'):
        model = build(figures=FIGURES)
        model.train_step(dict(stage='prior', prior=prior(), pairs=pairs()), optimizers(model))
