"""What distinguishes Zhang et al.: three constraints on the points of an autoencoder."""
import pytest
import torch
from tiny_points import TINY_ZHANG, build, square_pairs, train, unexplained

WEIGHTS = ('loss_reconstruction', 'loss_concentration', 'loss_separation', 'loss_equivariance')
STILL = dict(rotate_deg=0, scale=(1., 1.), shift=0.)


def test_logs_the_four_terms_and_steps_on_their_sum():
    logs = train(build(TINY_ZHANG), 1)[0]
    assert set(logs) == {'loss', *WEIGHTS}
    assert float(logs['loss']) == pytest.approx(sum(float(logs[name]) for name in WEIGHTS),
                                                rel=1e-5)


def losses(model, batch, monkeypatch, points):
    """Of a model that finds ``points(images)`` whatever it sees, each with no width."""
    monkeypatch.setattr(model.backbone, 'forward', lambda images: (images, ))
    monkeypatch.setattr(model.head, 'moments', lambda x: (points(x), torch.zeros(len(x), 2, 2)))
    monkeypatch.setattr(model.image_decoder, 'forward', lambda features, maps: features)
    return model.losses(model.prepare_pairs(batch))


def test_points_that_do_not_move_with_the_image_are_not_equivariant(monkeypatch):
    batch = square_pairs(3)[0]
    fixed = torch.tensor([[0.5, 0.], [0., 0.]])

    def painted_on(images):
        return fixed.expand(len(images), 2, 2)

    # A shift of 0.1 of the side is up to 0.2 unit lengths in x and y, for each point alike.
    shifted = losses(build(TINY_ZHANG, warp=dict(STILL, shift=0.1)), batch, monkeypatch,
                     painted_on)
    assert 0 < float(shifted['loss_equivariance']) < 2 * (0.2**2 + 0.2**2)
    # A half turn about the middle moves (1/2, 0) by one unit length and (0, 0) not at all.
    model = build(TINY_ZHANG, warp=STILL)
    monkeypatch.setattr('projects.comparison.models.unnamed_points.random_similarities',
                        lambda num: torch.tensor([[-1., 0., 0.], [0., -1., 0.]]).expand(num, 2, 3))
    model.warp = {}
    turned = losses(model, batch, monkeypatch, painted_on)
    assert float(turned['loss_equivariance']) == pytest.approx(1.)


def test_the_target_is_the_same_frame_and_the_second_frame_is_not_used(monkeypatch):
    batch = square_pairs(3)[0]
    batch['appearance'] = torch.zeros_like(batch['appearance'])
    model = build(TINY_ZHANG, warp=STILL)
    # The stub decoder gives the image back as it was: nothing is lost.
    out = losses(model, batch, monkeypatch, lambda images: torch.zeros(len(images), 2, 2))
    assert float(out['loss_reconstruction']) == pytest.approx(0, abs=1e-10)
    assert float(out['loss_equivariance']) == pytest.approx(0, abs=1e-10)
    assert float(out['loss_concentration']) == 0
    # Two points in one place, weight 0.002.
    assert float(out['loss_separation']) == pytest.approx(0.004)


def test_training_finds_points_that_follow_the_figure():
    model = build(TINY_ZHANG)
    train(model, 80)
    model.eval()
    batch, centres = square_pairs(64)
    with torch.no_grad():
        points, variances = model.head.moments(
            model.backbone(model.prepare_pairs(batch).images)[-1])
    assert unexplained(points, centres) < 0.05
    # An even heatmap on 8 cells from -1 to 1 has a variance of 3/7; a spot is far smaller.
    assert variances.mean() < 0.1
