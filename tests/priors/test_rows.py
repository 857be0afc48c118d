import numpy as np
import pytest

from ikp_mm.priors.pose_sources import NamedPoses
from ikp_mm.priors.rows import order_joints, placed, poses_to_unit
from ikp_mm.skeletons import H36M17, Skeleton

TOY = Skeleton('toy', ['nose', 'left_ear', 'right_ear'], [('nose', 'left_ear')])
# Two rows; joint j of row n lies at (10 n + j, -j).
POINTS = np.array([[[10 * n + j, -j] for j in range(4)] for n in range(2)], float)
NAMES = ('right_ear', 'tail', 'left_ear', 'nose')


def order(names=NAMES, joint_names=None, allow_missing=False, points=POINTS):
    return order_joints(NamedPoses(points, names), TOY, 'src.npz', joint_names=joint_names,
                        allow_missing=allow_missing)


def test_joints_are_picked_by_name_and_the_rest_dropped():
    np.testing.assert_array_equal(order()[1], [[13, -3], [12, -2], [10, 0]])


def test_a_map_takes_names_places_and_means():
    mapped = order(joint_names=dict(nose='tail', left_ear=0, right_ear=['nose', 2]))
    np.testing.assert_array_equal(mapped[0], [[1, -1], [0, 0], [2.5, -2.5]])
    # One of the two is missing: so is their mean.
    holed = POINTS.copy()
    holed[0, 2] = np.nan
    assert np.isnan(order(joint_names=dict(right_ear=['nose', 2]), points=holed)[0, 2]).all()


def test_nameless_joints_by_place():
    mapped = order(None, dict(nose=3, left_ear=2, right_ear=0))
    np.testing.assert_array_equal(mapped, order())
    assert order(None) is POINTS  # nothing said: the order is the skeleton's
    with pytest.raises(ValueError, match="left_ear', 'right_ear'.*it has 4 nameless"):
        order(None, dict(nose=3))


def test_a_joint_the_source_lacks_is_named():
    names = ('right_ear', 'tail', 'ear_left', 'nose')
    with pytest.raises(ValueError, match=r"src.npz: lacks the joints \['left_ear'\].*'ear_left'"):
        order(names)
    found = order(names, allow_missing=True)
    assert np.isnan(found[:, 1]).all() and np.isfinite(found[:, [0, 2]]).all()


@pytest.mark.parametrize('joint_names, message', [
    (dict(snout='nose'), "joint_names has .'snout'., which .*toy"),
    (dict(nose='snout'), "joint_names.'nose'. is 'snout'.*no joint 'snout'; it has .'right_ear'"),
    (dict(nose=4), 'no joint 4'),
    (dict(nose=['tail', -1]), 'no joint -1'),
    (dict(nose=[]), 'empty list'),
])
def test_wrong_maps_are_refused(joint_names, message):
    for allow_missing in (False, True):
        with pytest.raises(ValueError, match=message):
            order(joint_names=joint_names, allow_missing=allow_missing)


def test_names_of_the_source():
    poses = NamedPoses(POINTS, NAMES)
    renamed = order_joints(poses, TOY, '', joints=['nose', 'left_ear', 'a', 'right_ear'])
    np.testing.assert_array_equal(renamed, POINTS[:, [0, 1, 3]])
    seventeen = NamedPoses(np.arange(34.0).reshape(1, 17, 2))
    legs = Skeleton('legs', H36M17.joints[3:0:-1], [], swaps={})
    np.testing.assert_array_equal(order_joints(seventeen, legs, '', 'h36m17'),
                                  seventeen.keypoints[:, 3:0:-1])
    with pytest.raises(ValueError, match=r'src: 17 joint names for poses of shape \(2, 4, 2\)'):
        order_joints(poses, TOY, 'src', 'h36m17')
    with pytest.raises(ValueError, match=r"src: names joints twice: \['a'\]"):
        order_joints(poses, TOY, 'src', ['a', 'a', 'b', 'c'])


def test_frames_of_coordinates():
    np.testing.assert_allclose(poses_to_unit(np.array([0.0, 0.5, 1.0]), 'image', ''), [-1, 0, 1])
    points = np.array([[[0.0, 0.0], [50.0, 25.0], [100.0, 100.0]]])
    np.testing.assert_allclose(poses_to_unit(points, ('pixels', 100, 50), ''),
                               [[[-1, -1], [0, 0], [1, 3]]])
    np.testing.assert_allclose(poses_to_unit(points, ['pixels', 100, 50], ''),
                               [[[-1, -1], [0, 0], [1, 3]]])


def test_placement_scales_about_the_middle_then_shifts():
    # Frame coordinates 0.25, 0.5 -> 2 (f - 1/2) + 1/2 = 0, 0.5; then (0.1, 0.2) further;
    # p = 2 f - 1.
    unit = np.array([[[-0.5, 0.0], [np.nan, np.nan]]], np.float32)
    moved = placed(unit, dict(scale=2.0, offset=(0.1, 0.2)), 'x')
    np.testing.assert_allclose(moved, [[[-0.8, 0.4], [np.nan, np.nan]]], rtol=1e-6)
    assert moved.dtype == np.float32
    assert placed(unit, None, 'x') is unit
    np.testing.assert_array_equal(placed(unit, dict(), 'x'), unit)


@pytest.mark.parametrize('placement', [
    dict(scale=0.0), dict(offset=0.1), dict(offset=(0.1, np.nan)), dict(shift=(0.1, 0.2))])
def test_placements_that_are_refused(placement):
    with pytest.raises(ValueError, match='my.npz: placement is'):
        placed(np.zeros((1, 1, 2)), placement, 'my.npz')
