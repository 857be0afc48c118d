"""A term that is ours, not the paper's: eta on moved poses."""
import torch
from tiny_model import batch, build, optimizers

from ikp_mm.models.pose_estimators import keypoint_gan

# ------------------------------------------------------------------ eta on moved prior poses

def test_head_augment_moves_what_eta_learns_and_not_what_d_sees(monkeypatch):
    # Mirror x, then down by a tenth; a mirror exchanges leftear (1) and rightear (2).
    mirror = torch.tensor([[-1., 0., 0.], [0., 1., 0.1]])
    monkeypatch.setattr(keypoint_gan, 'random_similarities',
                        lambda num, **options: mirror.expand(num, 2, 3))
    model, data = build(head_augment=dict(flip=1.0)), batch('gan')
    p, visible = data['prior']['keypoints'], data['prior']['visible'].clone()
    visible[1, 1] = False  # one left ear is missing; once mirrored it is the right one
    data['prior']['visible'] = visible
    learnt, judged = [], []
    loss = model.loss_prior.forward
    monkeypatch.setattr(model.loss_prior, 'forward',
                        lambda *args: learnt.append(args) or loss(*args))
    monkeypatch.setattr(model.discriminator, 'forward',
                        lambda y, f=model.discriminator.forward: judged.append(y) or f(y))
    model.train_step(data, optimizers(model))
    (_, keypoints, seen, _), = learnt
    expected = (p * torch.tensor([-1., 1.]) + torch.tensor([0., 0.1]))[:, [0, 2, 1, 3]]
    torch.testing.assert_close(keypoints, expected)
    # What a soft-argmax cannot reach is not asked for.
    inside = (expected.abs() <= 1).all(dim=-1)
    assert torch.equal(seen, visible[:, [0, 2, 1, 3]] & inside)
    # D is asked about y for Phi's loss, then about the prior as it is and y again.
    torch.testing.assert_close(judged[1][:len(p)], model.head.render(p, visible))


def test_without_head_augment_eta_learns_the_prior_as_it_is(monkeypatch):
    model, data, learnt = build(), batch('prior'), []
    loss = model.loss_prior.forward
    monkeypatch.setattr(model.loss_prior, 'forward',
                        lambda *args: learnt.append(args) or loss(*args))
    model.train_step(data, optimizers(model))
    assert torch.equal(learnt[0][1], data['prior']['keypoints'])
