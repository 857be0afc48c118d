"""What a tiny model tells of itself on frame pairs; by hand where something can be fixed."""
import pytest
import torch
from tiny_model import batch, build, with_scenes

from ikp_mm.models.pose_estimators.label_free import moved_error

FIGURES = dict(weight=5.0, keypoint_weight=5.0, augment=dict(rotate_deg=30, flip=0.5))


def test_moved_error_by_hand():
    """All joints are found in the middle whatever is shown: the move takes it to (0.06, -0.04), the
    mirror leaves it; two units are one side."""
    model = build().eval()
    model.head.keypoints = lambda skeletons: torch.zeros(len(skeletons), 4, 2)
    with torch.no_grad():
        errors = moved_error(model, torch.randn(2, 3, 16, 16), torch.zeros(2, 4, 2))
    assert errors.tolist() == pytest.approx([(0.06**2 + 0.04**2)**0.5 / 2 / 2] * 2)


def painted(model, found, poses=None):
    """What validation says of two painted poses if eta finds ``found`` in every picture."""
    data = with_scenes(batch('gan'))
    if poses is None:
        poses = torch.zeros(2, 4, 2)
        poses[1] = 0.5
        poses[:, 3] = 1.5  # outside the frame: not asked for
    data = {**{key: value[:2] for key, value in data['pairs'].items()}, 'pose': poses,
            'pose_visible': torch.ones(2, 4, dtype=torch.bool), 'draw': torch.arange(2)}
    model.head.keypoints = lambda skeletons: found.expand(len(skeletons), 4, 2)
    with torch.no_grad():
        return [sample.label_free['painted'] for sample in model.eval().val_step(data)]


def test_painted_error_by_hand():
    model = build(figures=dict(FIGURES, augment={}))
    # Nothing is off for the first; 0.5 on each axis, half a side being one unit, for the second.
    assert painted(model, torch.zeros(1, 4, 2)) == pytest.approx([0, 0.5**0.5 / 2])
    assert painted(model, torch.zeros(1, 4, 2)) == pytest.approx([0, 0.5**0.5 / 2])


def test_painted_error_by_the_nearer_names_where_either_side_counts():
    # Both ears (1 and 2) lie at 0 in the first pose: exchanging what is found changes nothing.
    found = torch.zeros(1, 4, 2)
    found[0, 1, 0], found[0, 2, 0] = 0.5, -0.5
    one, either = (painted(build(figures=dict(FIGURES, augment={}), loss_prior=dict(
        type='PriorCoordinateLoss', either_side_from=begin)), found) for begin in (None, 0))
    # Snout 0, ears 0.25 of a side each: a sixth of a side as the mean of three.
    assert one[0] == pytest.approx(0.5 / 3) and either[0] == pytest.approx(0.5 / 3)
    # Ears found where the other one is: wrong by a whole unit each, or right by the other's name.
    ears = torch.zeros(2, 4, 2)
    ears[:, 1, 0], ears[:, 2, 0] = -0.5, 0.5
    one, either = (painted(build(figures=dict(FIGURES, augment={}), loss_prior=dict(
        type='PriorCoordinateLoss', either_side_from=begin)), found, ears) for begin in (None, 0))
    assert one == pytest.approx([1 / 4] * 2) and either == pytest.approx([0, 0])


def test_painted_figures_are_the_same_at_each_validation():
    model, data = build(figures=FIGURES).eval(), with_scenes(batch('gan'))
    data = {**{key: value[:2] for key, value in data['pairs'].items()},
            'pose': torch.rand(2, 4, 2) - 0.5, 'pose_visible': torch.ones(2, 4, dtype=torch.bool),
            'draw': torch.arange(2)}
    with torch.no_grad():
        first, second = ([sample.label_free['painted'] for sample in model.val_step(data)]
                         for _ in range(2))
    assert first == second
