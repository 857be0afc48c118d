"""What distinguishes IMM: x is redrawn from x' through Gaussian maps of x's points alone."""
import torch
from tiny_points import TINY_IMM, build, square_pairs, train, unexplained


def test_the_backbone_learns_through_the_gaussians_alone(monkeypatch):
    model = build(TINY_IMM)
    pairs = model.prepare_pairs(square_pairs(4)[0])
    model.losses(pairs)['loss_reconstruction'].backward()
    assert model.backbone.stages[0][0].conv.weight.grad.abs().sum() > 0
    model.zero_grad()
    # Maps that do not depend on the points: Psi still learns from x', the detector nothing.
    monkeypatch.setattr(model.head, 'render', lambda points: torch.ones(len(points), 2, 8, 8))
    model.losses(pairs)['loss_reconstruction'].backward()
    assert all(p.grad is None for p in model.backbone.parameters())
    assert all(p.grad.abs().sum() > 0 for n, p in model.generator.named_parameters()
               if n.startswith('appearance_encoder') and n.endswith('conv.weight'))


def test_the_frame_to_redraw_is_seen_by_the_detector_only():
    model = build(TINY_IMM).eval()
    first, second = (model.prepare_pairs(square_pairs(2)[0]) for _ in range(2))
    points = model.head.keypoints(model.backbone(first.images)[-1])
    drawn = model.reconstruct(points, first.appearances)
    # Another x with the same points would be redrawn the same; other points, or another x', not.
    assert not torch.allclose(model.reconstruct(points.flip(0), first.appearances), drawn)
    assert not torch.allclose(model.reconstruct(points, second.appearances), drawn)


def test_training_finds_points_that_follow_the_figure_and_tells_right_ones_from_wrong():
    model = build(TINY_IMM)
    train(model, 80)
    model.eval()
    batch, centres = square_pairs(64)
    pairs = model.prepare_pairs(batch)
    with torch.no_grad():
        points = model.head.keypoints(model.backbone(pairs.images)[-1])

        def error(with_points):
            drawn = model.reconstruct(with_points, pairs.appearances)
            return float((drawn - pairs.targets).square().mean())

        assert error(points) < 0.4 * error(points.roll(1, dims=0))
    assert unexplained(points, centres) < 0.05
