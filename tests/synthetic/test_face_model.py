"""The hand-written face: order and symmetry of its landmarks, and what each mode moves."""
import numpy as np
import pytest

from ikp_mm.synthetic.face_model import (EXPRESSION_BASIS, EXPRESSION_MODES,
                                                  IDENTITY_BASIS, IDENTITY_MODES, INDEX,
                                                  MEAN_SHAPE, NUM_LANDMARKS, NUM_POINTS, POINTS,
                                                  draw_identity, face_points, skull_radii)
from ikp_mm.skeletons import FACE68

NOBODY = np.zeros(len(IDENTITY_MODES))


def expression(**values: float) -> np.ndarray:
    result = np.zeros(len(EXPRESSION_MODES))
    for name, value in values.items():
        result[EXPRESSION_MODES.index(name)] = value
    return result


def identity(**values: float) -> np.ndarray:
    result = np.zeros(len(IDENTITY_MODES))
    for name, value in values.items():
        result[IDENTITY_MODES.index(name)] = value
    return result


def moved(points: np.ndarray) -> set[str]:
    """Names of the points that differ from the mean shape."""
    return {POINTS[i] for i in np.flatnonzero(np.abs(points - MEAN_SHAPE).max(1) > 1e-9)}


def distance(points: np.ndarray, first: str, second: str) -> float:
    return float(np.linalg.norm(points[INDEX[first]] - points[INDEX[second]]))


def test_landmarks_come_first_in_the_skeletons_order():
    assert POINTS[:NUM_LANDMARKS] == FACE68.joints and NUM_LANDMARKS == 68


def test_mean_shape_mirrors_itself():
    mirrored = MEAN_SHAPE[list(FACE68.swap_indices)] * [-1, 1, 1]
    np.testing.assert_array_equal(mirrored, MEAN_SHAPE[:68])


def test_symmetric_modes_mirror_themselves():
    for basis in (IDENTITY_BASIS, EXPRESSION_BASIS):
        mirrored = basis[:, list(FACE68.swap_indices)] * [-1, 1, 1]
        np.testing.assert_allclose(mirrored, basis[:, :68], atol=1e-12)


def test_subjects_right_has_negative_x_and_the_face_is_the_right_way_up():
    for name, (x, _, _) in zip(POINTS, MEAN_SHAPE):
        assert np.sign(x) == {'right': -1, 'left': 1}.get(name.split('_')[0], 0)
    order = ['right_brow_3', 'right_eye_upper_1', 'right_eye_lower_1', 'nose_bridge_4', 'nose_base',
             'upper_lip', 'inner_upper_lip', 'inner_lower_lip', 'lower_lip', 'chin']
    heights = [MEAN_SHAPE[INDEX[name], 1] for name in order]
    assert heights == sorted(heights, reverse=True)
    assert MEAN_SHAPE[:68, 2].argmax() == INDEX['nose_bridge_4']


def test_proportions_of_an_adult():
    """Textbook ratios: an eye's width fits once between the eyes, the mouth is half as wide again
    as the nose, a face a fifth wider than high from the root of the nose to the chin."""
    eye = distance(MEAN_SHAPE, 'right_eye_outer', 'right_eye_inner')
    between = distance(MEAN_SHAPE, 'right_eye_inner', 'left_eye_inner')
    nose = distance(MEAN_SHAPE, 'right_nostril_1', 'left_nostril_1')
    mouth = distance(MEAN_SHAPE, 'right_mouth_corner', 'left_mouth_corner')
    assert 0.9 < between / eye < 1.2
    assert 1.4 < mouth / nose < 2.1
    face = distance(MEAN_SHAPE, 'right_jaw_1', 'left_jaw_1')
    height = MEAN_SHAPE[INDEX['nose_bridge_1'], 1] - MEAN_SHAPE[INDEX['chin'], 1]
    assert 1.1 < face / height < 1.35


def test_no_coefficients_give_the_mean_shape_and_axes_broadcast():
    points = face_points(np.zeros((3, 1, len(IDENTITY_MODES))),
                         np.zeros((3, 5, len(EXPRESSION_MODES))))
    assert points.shape == (3, 5, NUM_POINTS, 3)
    np.testing.assert_array_equal(points[2, 4], MEAN_SHAPE)


def test_jaw_opening_separates_the_inner_lips_and_leaves_the_upper_face():
    closed, opened = face_points(NOBODY, expression()), face_points(NOBODY, expression(jaw_open=1))
    gap = [distance(points, 'inner_upper_lip', 'inner_lower_lip') for points in (closed, opened)]
    assert gap[0] < 3 and gap[1] > 20
    assert opened[INDEX['chin'], 1] < closed[INDEX['chin'], 1] - 20
    still = moved(opened)
    assert not any(part in name for name in still for part in ('eye', 'brow', 'nose', 'nostril'))
    assert 'right_jaw_1' not in still and 'left_jaw_2' not in still


def test_smile_widens_and_pucker_narrows_the_mouth():
    widths = [distance(face_points(NOBODY, pose), 'right_mouth_corner', 'left_mouth_corner')
              for pose in (expression(pucker=1), expression(), expression(smile=1))]
    # Corners 9.5 mm inwards or 8 outwards, besides what they move to the front or back.
    np.testing.assert_allclose(widths, [52 - 19, 52, 52 + 16])
    smiling = face_points(NOBODY, expression(smile=1))
    assert smiling[INDEX['left_mouth_corner'], 1] > MEAN_SHAPE[INDEX['left_mouth_corner'], 1] + 5


@pytest.mark.parametrize('side', ['right', 'left'])
def test_a_blink_shuts_its_own_eye_alone_whatever_the_eyes_size(side):
    shut = face_points(NOBODY, expression(**{f'blink_{side}': 1}))
    assert moved(shut) == {f'{side}_eye_upper_1', f'{side}_eye_upper_2'}
    for size in (-2, 2):
        who = identity(eye_opening=size)
        opened, closed = (
            distance(face_points(who, expression(**{f'blink_{side}': blink})),
                     f'{side}_eye_upper_1', f'{side}_eye_lower_1') for blink in (0, 1))
        np.testing.assert_allclose(closed / opened, 0.08)


def test_brow_raise_moves_brows_and_upper_lids_alone():
    raised = face_points(NOBODY, expression(brow_raise=1))
    assert all('brow' in name or 'eye_upper' in name for name in moved(raised))
    assert raised[INDEX['left_brow_3'], 1] > MEAN_SHAPE[INDEX['left_brow_3'], 1] + 5


@pytest.mark.parametrize('mode, parts', [
    ('nose_width', ('nostril', )), ('mouth_width', ('lip', 'mouth', 'inner_corner')),
    ('brow_place', ('brow', )), ('eye_opening', ('eye', )),
    # A long nose takes the mouth along.
    ('nose_length', ('nose', 'nostril', 'lip', 'mouth', 'inner_corner')),
    ('jaw_width', ('jaw', )),
])
def test_identity_modes_move_the_part_they_are_named_after(mode, parts):
    names = moved(face_points(identity(**{mode: 1}), expression()))
    assert names and all(any(part in name for part in parts) for name in names)


def test_identities_differ_and_stay_faces():
    rng = np.random.default_rng(0)
    people = np.stack([draw_identity(rng) for _ in range(300)])
    assert np.abs(people).max() <= 2 and np.abs(people.mean(0)).max() < 0.25
    points = face_points(people, np.zeros((300, len(EXPRESSION_MODES))))
    x, y = points[..., 0], points[..., 1]
    at = INDEX
    assert (y[:, at['right_brow_3']] > y[:, at['right_eye_upper_1']] + 3).all()
    assert (y[:, at['nose_base']] > y[:, at['upper_lip']] + 2).all()
    assert (y[:, at['lower_lip']] > y[:, at['chin']] + 8).all()
    assert (x[:, at['right_jaw_1']] < x[:, at['right_eye_outer']] - 5).all()
    width = x[:, at['left_jaw_1']] - x[:, at['right_jaw_1']]
    assert width.std() > 3


def test_skull_reaches_just_beyond_the_ears():
    assert skull_radii(NOBODY)[0] == 71 + 1.5
    assert skull_radii(identity(face_width=2))[0] == pytest.approx(71 * 1.11 + 1.5)


def test_bad_coefficients_are_refused():
    with pytest.raises(ValueError, match='identity must end in 17 and expression in 8'):
        face_points(np.zeros(3), expression())
    with pytest.raises(ValueError, match='blinks must lie in'):
        face_points(NOBODY, expression(blink_left=1.5))
