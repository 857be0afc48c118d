"""Joints and edges against what the literature and the KeypointGAN release state by index."""
from ikp_mm.skeletons import H36M17, H36M32, get_skeleton

# Which of the 32 raw joints everybody's 17 are (Martinez et al. 2017 and after).
SEVENTEEN = [0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27]
# The release's simple skeleton, joint numbers of its human36m_skeleton.py.
EDGES = {(1, 11), (1, 2), (2, 3), (3, 5), (6, 11), (6, 7), (7, 8), (8, 10), (11, 13), (13, 15),
         (13, 17), (17, 18), (18, 19), (13, 25), (25, 26), (26, 27)}


def test_the_seventeen_usual_joints_have_their_usual_names():
    assert [H36M32.joints.index(name) for name in H36M17.joints] == SEVENTEEN


def test_edges_are_the_releases():
    assert {tuple(sorted(edge)) for edge in H36M32.edges} == EDGES
    assert len(H36M32.edges) == 16
    # A tree of 17 joints; the other 15 are legal, not drawn, and scored.
    assert len({joint for edge in H36M32.edges for joint in edge}) == 17
    assert len(H36M32.joints_without_edge) == 15
    assert 'root' in H36M32.joints_without_edge


def test_left_and_right_change_places():
    # Legs 1-5 and 6-10, arms 16-23 and 24-31; the trunk stays.
    right_leg, left_leg = list(range(1, 6)), list(range(6, 11))
    left_arm, right_arm = list(range(16, 24)), list(range(24, 32))
    assert H36M32.swap_indices == [0, *left_leg, *right_leg, 11, 12, 13, 14, 15, *right_arm,
                                   *left_arm]
    assert get_skeleton('h36m32') is H36M32
