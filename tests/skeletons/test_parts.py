"""What bodies are made of: stated parts, and those derived from the edges."""
import pytest

from ikp_mm.skeletons import SKELETONS, Part, Skeleton, get_skeleton
from ikp_mm.skeletons.parts import components, ordered_loop, short_loops

QUAD = ((0, 1), (1, 2), (2, 3), (3, 0))


def kinds(parts):
    return sorted((part.kind, part.joints) for part in parts)


def test_components_in_the_order_of_their_first_joints():
    assert components([(4, 1), (0, 2), (2, 5)]) == [[0, 2, 5], [1, 4]]


def test_a_loop_is_found_only_where_all_edges_form_one():
    assert ordered_loop(QUAD) == [0, 1, 2, 3]
    assert ordered_loop(QUAD[:3]) is None
    assert ordered_loop((*QUAD, (0, 2))) is None
    assert ordered_loop(((0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3))) is None


def test_short_loops_of_a_body():
    # A square with a tail, and the square again with a limit below its length.
    assert [sorted(loop) for loop in short_loops((*QUAD, (3, 4)), 4)] == [[0, 1, 2, 3]]
    assert short_loops((*QUAD, (3, 4)), 3) == []


def test_a_body_is_limbs_and_filled_trunks():
    body = Skeleton('toy', 'abcde', [('a', 'b'), ('b', 'c'), ('c', 'a'), ('c', 'd')])
    parts = body.parts()
    assert [part.joints for part in parts if part.kind == 'limb'] == [
        ('a', 'b'), ('b', 'c'), ('c', 'a'), ('c', 'd')]
    assert [sorted(part.joints) for part in parts if part.kind == 'region'] == [['a', 'b', 'c']]


def test_several_components_are_lines_and_closed_ones_are_filled():
    face = Skeleton('toy', 'abcdef', [('a', 'b'), ('b', 'c'), ('d', 'e'), ('e', 'f'), ('f', 'd')])
    assert kinds(face.parts()) == [
        ('line', ('a', 'b')), ('line', ('b', 'c')), ('line', ('d', 'e', 'f', 'd')),
        ('region', ('d', 'e', 'f'))]


def test_an_animal_from_above_has_a_trunk_a_tail_and_ears():
    mouse = Skeleton('toy', ('snout', 'left_ear', 'right_ear', 'tail_base'),
                     [('snout', 'left_ear'), ('snout', 'right_ear'), ('snout', 'tail_base')])
    found = kinds(part for part in mouse.parts(oval_trunk=True) if part.kind != 'limb')
    assert found == [('disc', ('left_ear', )), ('disc', ('right_ear', )),
                     ('oval', ('snout', 'tail_base')), ('tail', ('tail_base', 'snout'))]
    assert not any(part.kind in ('oval', 'tail') for part in mouse.parts())


def test_legs_of_an_oval_trunk_are_thin_and_without_pairs_there_is_none():
    fly = Skeleton('toy', ('head', 'thorax', 'abdomen', 'left_leg', 'right_leg'),
                   [('head', 'thorax'), ('thorax', 'abdomen'), ('thorax', 'left_leg'),
                    ('thorax', 'right_leg')])
    widths = {part.joints: part.width for part in fly.parts(oval_trunk=True)
              if part.kind == 'limb'}
    assert widths[('thorax', 'left_leg')][1] < widths[('head', 'thorax')][1]
    assert ('oval', ('head', 'abdomen')) in kinds(fly.parts(oval_trunk=True))
    unpaired = Skeleton('toy', ('head', 'middle', 'leg'), [('head', 'middle'), ('middle', 'leg')])
    assert unpaired.parts(oval_trunk=True) == unpaired.parts()


def test_names_that_only_hold_the_letters_are_no_ears():
    beast = Skeleton('toy', ('rear', 'forearm', 'heart', 'bear'), [('rear', 'forearm')])
    assert not any(part.kind == 'disc' for part in beast.parts())


def test_stated_parts_win_and_their_joints_are_checked():
    stated = [dict(kind='oval', joints=('a', 'b'), width=(0.2, 0.4))]
    body = Skeleton('toy', 'ab', [('a', 'b')], parts=stated)
    assert body.parts() == body.parts(oval_trunk=True) == (
        Part('oval', ('a', 'b'), width=(0.2, 0.4)), )
    with pytest.raises(ValueError, match="oval .*unknown joint 'z'"):
        Skeleton('toy', 'ab', [('a', 'b')], parts=[dict(kind='oval', joints=('a', 'z'))])


@pytest.mark.parametrize('part, message', [
    (dict(kind='blob', joints=('a', )), "got 'blob'"),
    (dict(kind='limb', joints=('a', )), 'takes 2 joints'),
    (dict(kind='limb', joints=('a', 'b', 'c')), 'takes 2 joints'),
    (dict(kind='region', joints=('a', 'b')), '3 or more joints'),
    (dict(kind='limb', joints=('a', 'b'), width=(0.3, 0.1)), 'width is'),
])
def test_bad_parts_are_refused(part, message):
    with pytest.raises(ValueError, match=message):
        Part(**part)


@pytest.mark.parametrize('name', sorted(SKELETONS))
def test_every_shipped_topology_has_parts(name):
    assert get_skeleton(name).parts() and get_skeleton(name).parts(oval_trunk=True)
