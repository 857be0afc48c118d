"""What distinguishes Thewlis et al. 2019: every cell finds its match, by way of another image."""
import pytest
import torch
from mmengine.optim import OptimWrapper
from tiny_points import BACKBONE, HEAD, PREPROCESSOR, build, square_pairs, train

from ikp_mm.ops import transform_images
from projects.comparison.models import DenseMatchingLoss

TINY = dict(
    type='Thewlis2019', data_preprocessor=PREPROCESSOR, backbone=BACKBONE,
    head=dict(HEAD, normalisation='spatial'), windows=(1, 2),
    loss_matching=dict(type='DenseMatchingLoss'), warp=dict(rotate_deg=20, shift=0.1))
STAY = torch.tensor([[[1., 0., 0.], [0., 1., 0.]]])
RIGHT = torch.tensor([[[1., 0., 0.5], [0., 1., 0.]]])  # one cell of four
FAR_RIGHT = torch.tensor([[[1., 0., 1.5], [0., 1., 0.]]])
TURN = torch.tensor([[[0., -1., 0.], [1., 0., 0.]]])  # (x, y) to (-y, x)


def labels(*orders, length=6.0):
    """One-hot embeddings (N, 16, 4, 4): cell c of image n is the part orders[n][c]."""
    maps = [length * torch.eye(16)[order].t() for order in orders]
    return torch.stack(maps).view(-1, 16, 4, 4)


def shuffled(seed=0):
    return torch.randperm(16, generator=torch.Generator().manual_seed(seed))


IN_ORDER = torch.arange(16)


@pytest.mark.parametrize('exchange', [False, True])
@pytest.mark.parametrize('transform', [RIGHT, TURN], ids=['right', 'turn'])
def test_embeddings_that_move_with_the_image_cost_nothing(exchange, transform):
    source, transforms = labels(IN_ORDER, IN_ORDER), transform.expand(2, 2, 3)
    loss = DenseMatchingLoss(exchange)
    moved = transform_images(source, transforms)
    moved[..., 0] = 0  # what came in from beyond the frame: the border, a second time
    assert float(loss(source, moved, transforms)) < 1e-4
    # Painted on the frame, and moved the other way.
    assert float(loss(source, source, transforms)) > 0.5
    back = torch.cat([transforms[:, :, :2].mT, -transforms[:, :, 2:]], dim=2)
    assert float(loss(source, transform_images(source, back), transforms)) > 0.5


def test_embeddings_without_order_by_hand():
    # All alike: p is even. The mean of (x - x0)^2 + (y - y0)^2 over independent even x, x0, y, y0
    # is four times the variance of (-1, -1/2, 0, 1/2), 5/16.
    alike = torch.ones(1, 3, 4, 4)
    for exchange in (False, True):
        loss = DenseMatchingLoss(exchange, power=2.0, loss_weight=3.0)(alike, alike, STAY)
        assert float(loss) == pytest.approx(3 * 4 * 5 / 16)
    # Every cell is sure of one wrong place: the mean length of its error.
    order = shuffled()
    where = torch.stack([order.argsort() % 4, order.argsort() // 4], dim=1) / 2 - 1
    home = torch.stack([IN_ORDER % 4, IN_ORDER // 4], dim=1) / 2 - 1
    loss = DenseMatchingLoss(exchange=False, power=1.0)(labels(IN_ORDER), labels(order), STAY)
    assert float(loss) == pytest.approx(float((where - home).norm(dim=1).mean()), rel=1e-4)


def test_the_exchange_alone_asks_for_parts_that_images_share():
    # Each image follows its own warp (none), but names its cells as no other does.
    own = torch.cat([labels(IN_ORDER, IN_ORDER)] * 2, dim=1)
    own[0, :16] = own[1, 16:] = 0
    stay = STAY.expand(2, 2, 3)
    assert float(DenseMatchingLoss(exchange=False)(own, own, stay)) < 1e-4
    assert float(DenseMatchingLoss(exchange=True)(own, own, stay)) > 0.5
    # Names that both share may lie anywhere in the other image.
    shared = labels(IN_ORDER, shuffled())
    assert float(DenseMatchingLoss(exchange=True)(shared, shared, stay)) < 1e-4


def test_cells_that_leave_the_frame_do_not_count():
    # x = -1 goes to 1/2, the last cell; no other column has a cell to go to.
    source = labels(IN_ORDER)
    moved = transform_images(source, FAR_RIGHT)
    # The border is repeated: each of four columns is as likely, 0, 1/2, 1 or 3/2 off.
    loss = DenseMatchingLoss(exchange=False, power=1.0)(source, moved, FAR_RIGHT)
    assert float(loss) == pytest.approx((0 + 0.5 + 1 + 1.5) / 4, rel=1e-4)


def perfect(monkeypatch):
    """A model whose features are the images themselves: 16 parts, one a cell of 4 x 4."""
    model = build(dict(TINY, momentum=1.0, windows=(4, 4), length=6.0,
                       head=dict(HEAD, in_channels=16, num_points=16,
                                 normalisation='spatial')))
    monkeypatch.setattr(model.backbone, 'forward', lambda images: (images, ))
    return model


def test_points_are_where_their_windows_parts_lie_and_move_with_the_image(monkeypatch):
    model = perfect(monkeypatch)
    images = labels(IN_ORDER, length=2.0)
    before = model.head.heatmaps.weight.clone()
    model.update_references(model.extract_feat(images)[0])
    torch.testing.assert_close(model.head.heatmaps.weight[..., 0, 0], 6 * torch.eye(16))
    assert not torch.equal(before, model.head.heatmaps.weight)
    # The soft-argmax spans [-1, 1] end to end: a cell of four is 2/3 wide.
    column, row = IN_ORDER % 4, IN_ORDER // 4
    points = model.head.keypoints(model.extract_feat(images)[0])[0]
    expected = torch.stack([column, row], dim=1) * 2 / 3 - 1
    torch.testing.assert_close(points, expected, atol=1e-3, rtol=0)
    # Part p lies in a cell of its own choice, wherever it was in training.
    order = shuffled()
    points = model.head.keypoints(model.extract_feat(labels(order))[0])[0]
    torch.testing.assert_close(points, expected[order.argsort()], atol=1e-3, rtol=0)


def test_references_are_running_means_of_one_length(monkeypatch):
    model = perfect(monkeypatch)
    model.momentum = 0.25
    model.head.heatmaps.weight.data = 6 * torch.eye(16)[..., None, None]
    order = IN_ORDER.roll(1)
    model.update_references(labels(order))
    # (3 e_k + 1 e_(k-1)) / 4, scaled to 6.
    mixed = (3 * torch.eye(16) + torch.eye(16)[order]) * 6 / 10**0.5
    torch.testing.assert_close(model.head.heatmaps.weight[..., 0, 0], mixed)


def test_a_step_trains_the_backbone_and_averages_the_references():
    model = build(TINY)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1))
    logs = model.train_step(square_pairs(4)[0], wrapper)
    assert set(logs) == {'loss', 'loss_matching'}
    assert model.head.heatmaps.weight.grad is None
    # What regress.py and test.py need lies in the checkpoint.
    moved = {name for name, value in model.state_dict().items()
             if not torch.equal(value, before[name])}
    assert 'head.heatmaps.weight' in moved and 'backbone.stages.0.0.conv.weight' in moved


def test_training_finds_its_cells_again():
    logs = train(build(TINY), 40)
    first, last = (sum(log['loss'].item() for log in part) for part in (logs[:5], logs[-5:]))
    assert last < 0.9 * first


def test_windows_are_as_many_as_points():
    with pytest.raises(ValueError, match='2 x 3 windows for a head of 2 points'):
        build(dict(TINY, windows=(2, 3)))
