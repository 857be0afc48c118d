"""What distinguishes Lorenz et al.: shapes from recoloured images, looks from moved ones."""
import pytest
import torch
from tiny_points import TINY_ZHANG, build, square_pairs, train, unexplained

from projects.comparison.models import CovarianceEquivarianceLoss, PointEquivarianceLoss, lorenz2019
from projects.comparison.models.point_maps import heatmap_moments

TINY_LORENZ = dict(
    type='Lorenz2019',
    **{key: TINY_ZHANG[key] for key in ('data_preprocessor', 'backbone', 'head', 'warp',
                                        'loss_equivariance')},
    image_decoder=dict(TINY_ZHANG['image_decoder'], background=1.0),
    loss_reconstruction=dict(type='MSELoss'),
    loss_covariance=dict(type='CovarianceEquivarianceLoss', loss_weight=0.1),
    colours=dict(contrast=0.3, brightness=0.2, saturation=0.1, hue=0.1))
TERMS = ('loss_reconstruction', 'loss_equivariance', 'loss_covariance')
QUARTER_TURN = torch.tensor([[[0., -1., 0.], [1., 0., 0.]]])  # clockwise on the screen


def spots(cells, size=5):
    """Logits (1, 1, size, size) of a map even on the cells (y, x) and nothing elsewhere."""
    heatmaps = torch.full((1, 1, size, size), -100.)
    for y, x in cells:
        heatmaps[..., y, x] = 0
    return heatmaps


def test_moments_by_hand():
    # Cells lie at -1, -1/2, 0, 1/2, 1; these two at (x, y) = (0, -1/2) and (1, 1/2).
    maps, means, covariances = lorenz2019.part_moments(spots([(1, 2), (3, 4)]))
    assert maps[0, 0, 1, 2] == maps[0, 0, 3, 4] == 0.5
    torch.testing.assert_close(means, torch.tensor([[[0.5, 0.]]]))
    torch.testing.assert_close(covariances, torch.tensor([[[[0.25, 0.25], [0.25, 0.25]]]]))


def test_moments_are_those_that_are_predicted():
    heatmaps = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    _, means, covariances = lorenz2019.part_moments(heatmaps)
    expected = heatmap_moments(heatmaps, 'spatial')
    torch.testing.assert_close(means, expected[0])
    torch.testing.assert_close(covariances.diagonal(dim1=2, dim2=3), expected[1])


def equivariance(found, before, transforms):
    """The two losses of logits after and before."""
    (_, mean, covariance), (_, source, spread) = map(lorenz2019.part_moments, (found, before))
    moved = lorenz2019.transform_points(source, transforms)
    return (float(PointEquivarianceLoss()(mean, moved)),
            float(CovarianceEquivarianceLoss(loss_weight=2.)(covariance, spread, transforms)))


def test_a_part_that_turns_with_the_image_costs_nothing():
    lying = spots([(2, 0), (2, 2), (1, 4)])
    standing = lying.rot90(-1, dims=(2, 3))
    assert equivariance(standing, lying, QUARTER_TURN) == pytest.approx((0, 0), abs=1e-6)
    # Mirrored instead it lies elsewhere and leans the other way.
    assert min(equivariance(lying.flip(3), lying, QUARTER_TURN)) > 0.05


def test_a_part_that_stays_as_it_is_costs_what_its_shape_lacks():
    # In the middle, of variance 1/4 along x: the mean may stay, |diag(1/4, -1/4)| may not.
    lying = spots([(2, 1), (2, 3)])
    assert equivariance(lying, lying, QUARTER_TURN) == pytest.approx(
        (0, 2 * 0.25 * 2**0.5), abs=1e-6)
    # Twice as large, variances are four times as large: 1/4 to 1.
    double = torch.tensor([[[2., 0., 0.], [0., 2., 0.]]])
    assert equivariance(spots([(2, 0), (2, 4)]), lying, double) == pytest.approx((0, 0), abs=1e-6)
    assert equivariance(lying, lying, double)[1] == pytest.approx(2 * 0.75)


def test_a_shape_by_hand():
    # Pixels of 4 lie at -1, -1/2, 0, 1/2, and add 1/48 to the variances.
    covariances = torch.tensor([[[[0.5, 0.3], [0.3, 0.5]]]]) - torch.eye(2) / 48
    shape = lorenz2019.part_shapes(torch.tensor([[[0., -0.5]]]), covariances, 4)[0, 0]
    assert float(shape[1, 2]) == 1
    # Half a unit along x: (C^-1)_xx / 4 = 0.5 / 0.16 / 4, times 0.8^2.
    assert float(shape[1, 3]) == pytest.approx(1 / (1 + 0.5))
    # (1/2, 1/2) is the long axis, of variance 0.8; (1/2, -1/2) the short one, 0.2.
    assert float(shape[2, 3]) == pytest.approx(1 / (1 + 0.64 * 0.5 / 0.8))
    assert float(shape[0, 3]) == pytest.approx(1 / (1 + 0.64 * 0.5 / 0.2))


def test_colours_by_hand(monkeypatch):
    monkeypatch.setattr(torch, 'rand', torch.ones)  # each draw is the largest
    images = torch.full((1, 3, 1, 2), 0.5)
    images[0, :, 0, 0] += torch.tensor([0.1, 0., -0.1])
    images[0, :, 0, 1] -= torch.tensor([0.1, 0., -0.1])

    def first_pixel(contrast=0., brightness=0., saturation=0., hue=0.):
        return lorenz2019.change_colours(
            images, contrast, brightness, saturation, hue)[0, :, 0, 0].tolist()

    assert first_pixel() == pytest.approx([0.6, 0.5, 0.4])
    assert first_pixel(contrast=0.5) == pytest.approx([0.65, 0.5, 0.35])
    assert first_pixel(saturation=0.5) == pytest.approx([0.65, 0.5, 0.35])
    assert first_pixel(brightness=0.45) == pytest.approx([1., 0.95, 0.85])  # clamped
    assert first_pixel(hue=1 / 3) == pytest.approx([0.4, 0.6, 0.5])  # red to green to blue
    # Grey has contrast but neither hue nor saturation.
    images[:] = torch.tensor([0.4, 0.6])
    assert first_pixel(saturation=0.5, hue=0.3) == pytest.approx([0.4] * 3)
    assert first_pixel(contrast=0.5) == pytest.approx([0.35] * 3)


def test_shape_comes_from_the_recoloured_image_and_look_from_the_moved_one(monkeypatch):
    model = build(TINY_LORENZ).eval()
    pairs = model.prepare_pairs(square_pairs(2)[0])
    versions = dict(recoloured=torch.rand(2, 3, 16, 16), moved=torch.randn(2, 3, 16, 16))
    monkeypatch.setattr(lorenz2019, 'change_colours',
                        lambda images, **colours: versions['recoloured'])
    monkeypatch.setattr(lorenz2019, 'transform_images', lambda *args: versions['moved'])
    painted, target = {}, model.to_rgb(pairs.targets) / 255

    def paint(looks, shapes):
        painted.update(looks=looks, shapes=shapes)
        return pairs.targets

    monkeypatch.setattr(model.image_decoder, 'paint', paint)
    logs = model.losses(pairs)
    # It is the frame itself, neither recoloured nor moved, that is rebuilt.
    assert float(logs['loss_reconstruction']) == 0 and 0 <= target.min() and target.max() <= 1
    for version, part, other in (('recoloured', 'shapes', 'looks'), ('moved', 'looks', 'shapes')):
        before = dict(painted)
        versions[version] = versions[version].flip(3)
        model.losses(pairs)
        assert torch.equal(painted[other], before[other])
        assert not torch.allclose(painted[part], before[part])


@pytest.mark.parametrize('channels_last', [False, True])
def test_logs_the_three_terms_and_one_step_moves_every_part(channels_last):
    model = build(TINY_LORENZ, channels_last=channels_last)
    before = {name: p.clone() for name, p in model.named_parameters()}
    logs = train(model, 1)[0]
    assert set(logs) == {'loss', *TERMS}
    assert float(logs['loss']) == pytest.approx(sum(float(logs[name]) for name in TERMS), rel=1e-5)
    parts = {name.split('.')[0] for name, p in model.named_parameters()
             if not torch.equal(before[name], p)}
    assert parts == {'backbone', 'head', 'image_decoder'}


def test_training_finds_points_that_follow_the_figure():
    torch.manual_seed(0)
    model = build(TINY_LORENZ)
    train(model, 80)
    model.eval()
    batch, centres = square_pairs(64)
    with torch.no_grad():
        points = model.head.keypoints(model.backbone(model.prepare_pairs(batch).images)[-1])
    assert unexplained(points, centres) < 0.1
