"""Painted figures: where they are painted, what they are painted with, what is left as it was."""
import pytest
import torch

from ikp_mm.models.drawers import FigureDrawer
from ikp_mm.skeletons import SKELETONS, Skeleton

STICK = Skeleton('stick', ('a', 'b'), [('a', 'b')],
                 parts=[dict(kind='limb', joints=('a', 'b'), width=(0.2, 0.2))])
LINE = torch.tensor([[[-0.5, 0.0], [0.5, 0.0]]])


def paint(skeleton=STICK, keypoints=LINE, num=8, scene=0.0, colour=255.0, visible=None, **options):
    torch.manual_seed(0)
    keypoints = keypoints.expand(num, -1, -1)
    if visible is None:
        visible = torch.ones(keypoints.shape[:2], dtype=torch.bool)
    drawer = FigureDrawer(skeleton, 32, **options)
    return drawer(keypoints, visible, torch.full((3, 3, 32, 32), scene),
                  torch.full((3, 8, 3), colour))


def test_the_body_is_where_the_joints_are():
    pictures = paint(num=64)
    assert pictures.shape == (64, 3, 32, 32)
    assert pictures.min() >= 0 and pictures.max() <= 255
    brightness = pictures.mean(dim=(0, 1))
    on_the_limb, above, past_its_end = (
        brightness[16, 10:23].mean(), brightness[2:6].mean(), brightness[16, 29:].mean())
    assert on_the_limb > 60 and above < 15 and past_its_end < 15


def test_an_unseen_joint_leaves_its_part_out():
    visible = torch.ones(8, 2, dtype=torch.bool)
    visible[:, 1] = False
    assert paint(visible=visible).mean() < 15


def test_scenes_show_where_no_body_is():
    torch.testing.assert_close(paint(scene=128.0, num=64)[..., 2:6, :].mean(),
                               torch.tensor(128.0), rtol=0, atol=6)


def test_draws_repeat_with_the_seed_and_differ_between_figures():
    first, second = paint(), paint()
    assert torch.equal(first, second)
    assert not torch.equal(first[0], first[1])


def test_mirror_partners_share_their_looks():
    arms = Skeleton('arms', ('neck', 'left_hand', 'right_hand'),
                    [('neck', 'left_hand'), ('neck', 'right_hand')])
    assert FigureDrawer(arms, 32).partner.tolist() == [0, 0]


def test_layers_are_painted_in_order():
    skeleton = Skeleton('toy', ('a', 'b'), [('a', 'b')], parts=[
        dict(kind='disc', joints=('a', ), layer=2), dict(kind='disc', joints=('b', ), layer=0),
        dict(kind='limb', joints=('a', 'b'), layer=0)])
    drawer = FigureDrawer(skeleton, 32)
    assert [part.layer for part in drawer.parts] == [0, 0, 2]
    order = drawer._order(50)
    assert (order[:, 2] == 2).all() and set(order[:, 0].tolist()) == {0, 1}


@pytest.mark.parametrize('name', sorted(SKELETONS))
@pytest.mark.parametrize('oval_trunk', [False, True])
def test_every_shipped_topology_is_painted(name, oval_trunk):
    joints = SKELETONS[name].num_joints
    keypoints = torch.rand(1, joints, 2, generator=torch.Generator().manual_seed(0)) * 1.6 - 0.8
    pictures = paint(SKELETONS[name], keypoints, num=2, oval_trunk=oval_trunk)
    assert torch.isfinite(pictures).all()
    assert (pictures.std(dim=(1, 2, 3)) > 5).all()


def test_nothing_to_paint_is_refused():
    with pytest.raises(ValueError, match="'bare' has no edges"):
        FigureDrawer(Skeleton('bare', ('a', 'b'), ()), 32)
