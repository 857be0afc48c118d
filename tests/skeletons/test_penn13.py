"""Joint order as Penn Action's description numbers it, from 1."""
from ikp_mm.skeletons import PENN13, get_skeleton

DESCRIPTION = {1: 'head', 2: 'left_shoulder', 3: 'right_shoulder', 4: 'left_elbow',
               5: 'right_elbow', 6: 'left_wrist', 7: 'right_wrist', 8: 'left_hip', 9: 'right_hip',
               10: 'left_knee', 11: 'right_knee', 12: 'left_ankle', 13: 'right_ankle'}


def test_joints():
    assert dict(enumerate(PENN13.joints, start=1)) == DESCRIPTION
    assert get_skeleton('penn13') is PENN13


def test_edges_are_the_same_in_the_mirror_and_leave_no_joint_out():
    swap = PENN13.swap_indices
    assert swap == [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11]
    edges = {frozenset(edge) for edge in PENN13.edges}
    assert {frozenset(swap[joint] for joint in edge) for edge in edges} == edges
    assert PENN13.joints_without_edge == ()
