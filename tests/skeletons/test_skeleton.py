"""Skeleton: indices, swaps and colours from joint names; what is refused, by name."""
import pickle

import numpy as np
import pytest
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from ikp_mm.skeletons import Skeleton, mirrored_name

JOINTS = ('nose', 'left_eye', 'right_eye', 'tail')
EDGES = (('nose', 'left_eye'), ('right_eye', 'nose'))


def make(**changes):
    return Skeleton(**{**dict(name='toy', joints=JOINTS, edges=EDGES), **changes})


@pytest.mark.parametrize('name, mirror', [
    ('left_hip', 'right_hip'), ('rightear', 'leftear'), ('hip_left', 'hip_right'),
    ('LeftHip', 'RightHip'), ('earLeft', 'earRight'), ('HAND_RIGHT', 'HAND_LEFT'),
    ('upright', None), ('cleft', None), ('nose', None),
])
def test_a_side_is_a_word_that_begins_a_word(name, mirror):
    assert mirrored_name(name) == mirror


@pytest.mark.parametrize('left, right', [
    ('L_ear', 'R_ear'), ('ear.L', 'ear.R'), ('LEar', 'REar'), ('paw_l', 'paw_r'),
    ('l_knee', 'r_knee'), ('earL', 'earR'), ('hind paw l', 'hind paw r'), ('l-hip', 'r-hip'),
    ('lhip', 'rhip'), ('lShoulder', 'rShoulder'), ('Lhip', 'Rhip'), ('FLpaw', 'FRpaw'),
    ('LF', 'RF'), ('ear_L1', 'ear_R1'), ('earleft', 'earright'), ('Ohr_links', 'Ohr_rechts'),
    ('linkes Ohr', 'rechtes Ohr'), ('oreille_gauche', 'oreille_droite'), ('mano_izq', 'mano_der'),
    ('左腕', '右腕'),
])
def test_a_side_may_be_a_letter(left, right):
    skeleton = Skeleton('toy', ('nose', left, right), (('nose', left), ('nose', right)))
    assert skeleton.swap_indices == [0, 2, 1]
    assert skeleton.colors[1].tolist() == [0, 255, 0]  # green: left
    assert skeleton.colors[2].tolist() == [255, 128, 0]


@pytest.mark.parametrize('joints', [
    ('L5', 'T1'), ('tail', 'tair'), ('pelvis', 'Liver'), ('l_ear', 'nose'), ('a_l_r', 'a_r_l')])
def test_a_letter_is_no_side_without_its_partner(joints):
    assert Skeleton('toy', joints, ()).swap_indices == [0, 1]


def test_of_several_possible_partners_the_mutual_one_is_taken():
    # Left and right, front and rear: LR is left rear.
    paws = ('LF', 'LR', 'RF', 'RR')
    assert Skeleton('toy', paws, ()).swap_indices == [2, 3, 0, 1]
    assert Skeleton('toy', ('FL', 'FR', 'RL', 'RR'), ()).swap_indices == [1, 0, 3, 2]


def test_indices_follow_the_order_of_names():
    skeleton = make()
    assert skeleton.num_joints == 4
    assert skeleton.edges == ((0, 1), (2, 0))
    assert skeleton.swap_indices == [0, 2, 1, 3]
    assert skeleton.joints_without_edge == ('tail',)
    assert skeleton.index('tail') == 3


def test_default_colours_tell_the_sides():
    skeleton = make()
    blue, green, orange = (51, 153, 255), (0, 255, 0), (255, 128, 0)
    assert skeleton.colors.dtype == np.uint8
    assert skeleton.colors.tolist() == [list(blue), list(green), list(orange), list(blue)]
    # Both edges have one end on the middle line and take the other end's colour.
    assert skeleton.link_colors.tolist() == [list(green), list(orange)]


def test_stated_colours_and_swaps_win():
    skeleton = make(colors=dict(nose=(1, 2, 3)), swaps=dict(nose='tail'))
    assert skeleton.colors[0].tolist() == [1, 2, 3]
    # Stated swaps replace the derived ones; the way back is filled in.
    assert skeleton.swap_indices == [3, 1, 2, 0]


def test_no_edges_is_legal():
    assert make(edges=()).joints_without_edge == JOINTS
    assert make(edges=()).link_colors.shape == (0, 3)


def test_what_is_returned_does_not_open_the_skeleton_to_change():
    skeleton = make()
    skeleton.swap_indices[0] = 9
    for colors in (skeleton.colors, skeleton.link_colors):
        with pytest.raises(ValueError, match='read-only'):
            colors[0] = 9
    assert skeleton == make() and hash(skeleton) == hash(make())
    assert pickle.loads(pickle.dumps(skeleton)) == skeleton
    assert skeleton != make(edges=EDGES[:1]) and skeleton != 'toy'


@pytest.mark.parametrize('changes, message', [
    (dict(joints=()), 'no joints'),
    (dict(joints=JOINTS + ('nose',)), "'nose' is named twice .places 0 and 4."),
    (dict(joints=('nose', 3), edges=()), 'joint 1 must be a name'),
    (dict(edges=[('nose', 'elbow')]), "unknown joint 'elbow'"),
    (dict(edges=[('nose', 'nose')]), "joins 'nose' to itself"),
    (dict(edges=[('nose', 'tail'), ('tail', 'nose')]), 'given twice'),
    (dict(edges=['nose-tail']), 'pair of joint names'),
    (dict(swaps={'nose': 'tail', 'tail': 'left_eye'}), "no involution: 'nose' -> 'tail'"),
    (dict(swaps={'nose': 'ear'}), "unknown joint 'ear'"),
    (dict(joints=('nose', 'left_eye'), edges=()), "no 'right_eye'"),
    (dict(colors={'ear': (0, 0, 0)}), "unknown joint 'ear'"),
    (dict(colors={'nose': (0, 0, 300)}), "colour of 'nose'"),
])
def test_refuses_by_name(changes, message):
    with pytest.raises(ValueError, match=message):
        make(**changes)


def test_unknown_joint_lists_the_known_ones():
    with pytest.raises(ValueError, match="no joint 'ear'.*left_eye"):
        make().index('ear')


def test_metainfo_as_mmpose_parses_it():
    parsed = parse_pose_metainfo(make().to_metainfo())
    assert parsed['dataset_name'] == 'toy'
    assert parsed['keypoint_id2name'] == dict(enumerate(JOINTS))
    assert parsed['flip_indices'] == [0, 2, 1, 3]
    assert parsed['skeleton_links'] == [(0, 1), (2, 0)]
    np.testing.assert_array_equal(parsed['keypoint_colors'], make().colors)
    np.testing.assert_array_equal(parsed['skeleton_link_colors'], make().link_colors)
    assert parsed['dataset_keypoint_weights'].tolist() == [1.0] * 4


def test_metainfo_round_trip():
    skeleton = make(swaps={'nose': 'tail'}, colors={'tail': (9, 8, 7)})
    assert Skeleton.from_metainfo(skeleton.to_metainfo()) == skeleton
    parsed = parse_pose_metainfo(make(swaps={'nose': 'tail'}).to_metainfo())
    assert Skeleton.from_parsed_metainfo(parsed) == make(swaps={'nose': 'tail'})


def test_metainfo_with_a_one_sided_swap_is_refused():
    meta = make().to_metainfo()
    meta['keypoint_info'][2]['swap'] = ''
    with pytest.raises(ValueError, match="no involution: 'left_eye' -> 'right_eye'"):
        Skeleton.from_metainfo(meta)


def test_incomplete_metainfo_is_refused():
    meta = make().to_metainfo()
    del meta['keypoint_info'][1]
    with pytest.raises(ValueError, match='numbered 0..2'):
        Skeleton.from_metainfo(meta)
    del meta['keypoint_info']
    with pytest.raises(ValueError, match="lacks the key 'keypoint_info'"):
        Skeleton.from_metainfo(meta)
