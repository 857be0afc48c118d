"""A procedural face: 68 landmarks in three dimensions with modes of identity and of expression.

The mean shape and its modes were written by hand from textbook proportions of adult faces (outer
corners of the eyes 90 mm apart, inner ones 32 mm, face 142 mm wide, 118 mm from the root of the
nose to the chin); nothing is learned or measured.

Convention: head axes in millimetres, +x to the subject's left, +y up, +z forward. x = 0 is the
plane of symmetry, y = 0 the height of the eyes, z = 0 a plane through the ears. The 68 landmarks
come first, in the order of ``ikp_mm.skeletons.face68``; right and left are the subject's.
"""
from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ikp_mm.skeletons import FACE68

# Drawn but no landmarks: the cheek bones and the middle of the skull.
EXTRA_POINTS = ('right_cheek', 'left_cheek', 'skull')
POINTS = (*FACE68.joints, *EXTRA_POINTS)
NUM_LANDMARKS, NUM_POINTS = len(FACE68.joints), len(POINTS)
INDEX = {name: i for i, name in enumerate(POINTS)}
R_CHEEK, L_CHEEK, SKULL = (INDEX[name] for name in EXTRA_POINTS)

# The subject's right half and the middle; the left half mirrors the right one.
_RIGHT_AND_MIDDLE = {
    'right_jaw_1': (-71, 2, 8), 'right_jaw_2': (-70.5, -17, 10), 'right_jaw_3': (-69, -36, 14),
    'right_jaw_4': (-65, -55, 20), 'right_jaw_5': (-57.5, -73, 30), 'right_jaw_6': (-46, -89, 44),
    'right_jaw_7': (-32, -102, 61), 'right_jaw_8': (-16.5, -111, 77), 'chin': (0, -114.5, 84),
    'right_brow_1': (-55, 16, 70), 'right_brow_2': (-47.5, 23.5, 80),
    'right_brow_3': (-37, 26, 87.5), 'right_brow_4': (-25, 24.5, 93), 'right_brow_5': (-14, 21, 96),
    'nose_bridge_1': (0, 3, 95), 'nose_bridge_2': (0, -11, 102), 'nose_bridge_3': (0, -25, 111),
    'nose_bridge_4': (0, -38, 119), 'right_nostril_1': (-14, -47, 100),
    'right_nostril_2': (-7.2, -49.5, 104.5), 'nose_base': (0, -51.5, 107),
    'right_eye_outer': (-45, 0, 72), 'right_eye_upper_1': (-36, 5.2, 79),
    'right_eye_upper_2': (-26, 5.3, 82.5), 'right_eye_inner': (-16, -1.5, 80.5),
    'right_eye_lower_2': (-26, -5, 81), 'right_eye_lower_1': (-36, -4.8, 77.5),
    'right_mouth_corner': (-26, -72.5, 92), 'right_upper_lip_1': (-16.5, -67, 101),
    'right_upper_lip_2': (-6, -63.5, 106), 'upper_lip': (0, -65, 106.5),
    'lower_lip': (0, -84, 103), 'right_lower_lip_2': (-8.5, -83, 102),
    'right_lower_lip_1': (-17.5, -79, 98), 'right_inner_corner': (-22.5, -72.5, 94),
    'right_inner_upper_lip': (-9, -71.2, 101), 'inner_upper_lip': (0, -71.5, 102),
    'inner_lower_lip': (0, -73.5, 101), 'right_inner_lower_lip': (-9, -73.3, 100.5),
    'right_cheek': (-63, -22, 56), 'skull': (0, -1, 2),
}

IDENTITY_MODES = (
    'face_width', 'face_length', 'face_depth', 'jaw_width', 'chin_length', 'eye_spacing',
    'eye_width', 'eye_opening', 'eye_tilt', 'nose_length', 'nose_width', 'nose_height',
    'mouth_width', 'mouth_place', 'lip_fullness', 'brow_place', 'brow_tilt')
EXPRESSION_MODES = (
    'jaw_open', 'smile', 'pucker', 'lip_raise', 'brow_raise', 'frown', 'blink_right', 'blink_left')
_BLINKS = tuple(EXPRESSION_MODES.index(f'blink_{side}') for side in ('right', 'left'))
_IDENTITY_LIMIT = 2.0  # standard deviations
# A closed eye keeps this part of its opening: the lashes.
_CLOSED = 0.08


def _mirror_name(name: str) -> str:
    return name.replace('right_', 'left_')


def _mean_shape() -> np.ndarray:
    """(NUM_POINTS, 3) millimetres."""
    places = {}
    for name, (x, y, z) in _RIGHT_AND_MIDDLE.items():
        places[name] = (x, y, z)
        places[_mirror_name(name)] = (-x, y, z) if x else (0, y, z)
    return np.array([places[name] for name in POINTS], float)


MEAN_SHAPE = _mean_shape()


def _move(moves: dict[str, tuple[float, float, float]]) -> np.ndarray:
    """Displacements (NUM_POINTS, 3) of the points named, mirrored to the left side."""
    field = np.zeros((NUM_POINTS, 3))
    for name, (x, y, z) in moves.items():
        field[INDEX[name]] = (x, y, z)
        field[INDEX[_mirror_name(name)]] = (-x, y, z) if name.startswith('right_') else (x, y, z)
    return field


def _scale(part: Iterable[str], centre: tuple[float, float, float],
           factors: tuple[float, float, float]) -> np.ndarray:
    """Displacements that scale a part of the right half (and of the left one) about ``centre``."""
    moves = {}
    for name in part:
        offset = MEAN_SHAPE[INDEX[name]] - centre
        moves[name] = tuple(offset * factors)
    return _move(moves)


def _shift(part: Iterable[str], by: tuple[float, float, float]) -> np.ndarray:
    return _move({name: by for name in part})


def _part(*stems: str) -> list[str]:
    """Names of the right half and the middle that contain one of ``stems``."""
    return [name for name in _RIGHT_AND_MIDDLE if any(stem in name for stem in stems)]


_EYE, _BROW, _LIPS = _part('_eye_'), _part('_brow_'), _part('mouth', 'lip', 'inner_corner')
_UPPER_LID = _part('_eye_upper')
_UPPER_LIP = _part('upper_lip')
_EYE_CENTRE = (-30.5, 0.0, 78.0)


def _identity_modes() -> np.ndarray:
    """(len(IDENTITY_MODES), NUM_POINTS, 3) millimetres a standard deviation."""
    jaw, everything = _part('jaw', 'chin', 'cheek'), list(_RIGHT_AND_MIDDLE)
    below_nose = _LIPS + _part('_jaw_4', '_jaw_5', '_jaw_6', '_jaw_7', '_jaw_8', 'chin')
    opening = _scale(_part('_eye_upper', '_eye_lower'), _EYE_CENTRE, (0, 0.13, 0))
    modes = {
        'face_width': _scale(jaw, (0, 0, 0), (0.055, 0, 0)) + _scale(
            _EYE + _BROW + _LIPS, (0, 0, 0), (0.02, 0, 0)),
        'face_length': _scale([name for name in everything if name not in _EYE], (0, 0, 0),
                              (0, 0.035, 0)),
        'face_depth': _scale(everything, (0, 0, 40), (0, 0, 0.05)),
        'jaw_width': _move({'right_jaw_3': (-1.2, 0, 0), 'right_jaw_4': (-3, -0.5, 0),
                            'right_jaw_5': (-4.5, -2, 0), 'right_jaw_6': (-4.5, -2.5, 0),
                            'right_jaw_7': (-3.2, -1.5, 0), 'right_jaw_8': (-1.6, -0.3, 0)}),
        'chin_length': _scale(below_nose, (0, -55, 0), (0, 0.065, 0)),
        'eye_spacing': _shift(_EYE, (-1.8, 0, 0)) + _shift(_BROW, (-1.2, 0, 0)),
        'eye_width': _scale(_EYE, _EYE_CENTRE, (0.05, 0, 0)),
        'eye_opening': opening,
        'eye_tilt': _move({'right_eye_outer': (0, 1.5, 0), 'right_eye_inner': (0, -0.5, 0),
                           'right_eye_upper_1': (0, 0.8, 0), 'right_eye_lower_1': (0, 0.8, 0)}),
        # A long nose goes with a low mouth, or it would reach the lips.
        'nose_length': _scale(_part('nose', 'nostril'), (0, 3, 95), (0, 0.07, 0))
        + _shift(_LIPS, (0, -3.2, 0)),
        'nose_width': _scale(_part('nostril'), (0, 0, 0), (0.14, 0, 0)),
        'nose_height': _move({'nose_bridge_1': (0, 0, 1.2), 'nose_bridge_2': (0, 0, 2.2),
                              'nose_bridge_3': (0, 0, 3), 'nose_bridge_4': (0, 0, 3.5),
                              'nose_base': (0, 0, 1.5), 'right_nostril_2': (0, 0, 1)}),
        'mouth_width': _scale(_LIPS, (0, 0, 0), (0.085, 0, 0)),
        'mouth_place': _shift(_LIPS, (0, 1.5, 0)),
        # Only the red of the lips: the mouth stays as closed as it is.
        'lip_fullness': _scale([name for name in _LIPS if 'inner' not in name], (0, -72.5, 98),
                               (0, 0.17, 0.05)),
        'brow_place': _shift(_BROW, (0, 2.4, 0)),
        'brow_tilt': _move(
            {f'right_brow_{i}': (0, y, 0) for i, y in zip(range(1, 6), (2, 1.4, 0.4, -0.8, -1.5))}),
    }
    return np.stack([modes[name] for name in IDENTITY_MODES])


def _expression_modes() -> np.ndarray:
    """(len(EXPRESSION_MODES), NUM_POINTS, 3) millimetres at 1; blinks are 0, see face_points."""
    jaw_drop = {
        'right_jaw_3': (0.3, -2, -1), 'right_jaw_4': (0.6, -5, -2), 'right_jaw_5': (0.9, -9, -3.5),
        'right_jaw_6': (0.9, -15, -6), 'right_jaw_7': (0.6, -21, -8),
        'right_jaw_8': (0.3, -25, -10), 'chin': (0, -26, -11), 'right_mouth_corner': (2, -7, -3),
        'right_inner_corner': (2, -7.5, -3), 'right_lower_lip_1': (1, -17, -6),
        'right_lower_lip_2': (0.4, -23, -8), 'lower_lip': (0, -24.5, -8.5),
        'right_inner_lower_lip': (0.2, -21, -7), 'inner_lower_lip': (0, -23, -8),
        'right_upper_lip_1': (0.6, -1, 0), 'right_inner_upper_lip': (0.4, 0.4, 0),
        'inner_upper_lip': (0, 0.6, 0)}
    smile = {
        'right_mouth_corner': (-8, 6.5, -6), 'right_inner_corner': (-8, 6, -6),
        'right_upper_lip_1': (-4.5, 3.5, -4), 'right_upper_lip_2': (-1.5, 0.6, -2.5),
        'upper_lip': (0, 0, -2.5), 'right_lower_lip_1': (-4.5, 3, -4),
        'right_lower_lip_2': (-2, 1, -2.5), 'lower_lip': (0, 0.4, -2.5),
        'right_inner_upper_lip': (-2.5, 1.6, -2.5), 'inner_upper_lip': (0, 0.8, -2.5),
        'right_inner_lower_lip': (-2.5, 0.2, -2.5), 'inner_lower_lip': (0, -0.8, -2.5),
        'right_nostril_1': (-1.2, 0.6, -0.6), 'right_eye_lower_1': (0, 1, 0),
        'right_eye_lower_2': (0, 0.9, 0), 'right_cheek': (-1, 2, 1)}
    pucker = {
        'right_mouth_corner': (9.5, 0, 5), 'right_inner_corner': (9.5, 0, 5),
        'right_upper_lip_1': (5.5, 0.6, 5), 'right_upper_lip_2': (1.6, 1.4, 5.5),
        'upper_lip': (0, 1.2, 5.5), 'right_lower_lip_1': (5.5, -0.4, 5),
        'right_lower_lip_2': (2.2, -1.6, 5.5), 'lower_lip': (0, -1.8, 5.5),
        'right_inner_upper_lip': (3, 0.8, 5), 'inner_upper_lip': (0, 1, 5),
        'right_inner_lower_lip': (3, -0.8, 5), 'inner_lower_lip': (0, -1, 5)}
    raised = {name: (0, 4.0 if 'lip_1' not in name else 2.2, 0.5) for name in _UPPER_LIP}
    modes = {
        'jaw_open': _move(jaw_drop), 'smile': _move(smile), 'pucker': _move(pucker),
        'lip_raise': _move({**raised, 'right_nostril_1': (0, 1, 0)}),
        'brow_raise': _move({f'right_brow_{i}': (0, y, 0)
                             for i, y in zip(range(1, 6), (5, 7.5, 8.5, 8.5, 7.5))})
        + _shift(_UPPER_LID, (0, 1.1, 0)),
        'frown': _move({f'right_brow_{i}': (x, y, 0) for i, x, y in zip(
            range(1, 6), (0.4, 0.8, 1.6, 2.8, 3.4), (-0.5, -1.2, -2.6, -4.2, -4.8))}),
        'blink_right': np.zeros((NUM_POINTS, 3)), 'blink_left': np.zeros((NUM_POINTS, 3)),
    }
    return np.stack([modes[name] for name in EXPRESSION_MODES])


IDENTITY_BASIS, EXPRESSION_BASIS = _identity_modes(), _expression_modes()
# Upper lid and the point of the lower lid below it, of the right eye and of the left one.
_LIDS = tuple(
    tuple([INDEX[f'{side}_eye_{lid}_{i}'] for i in (1, 2)] for lid in ('upper', 'lower'))
    for side in ('right', 'left'))


def draw_identity(rng: np.random.Generator) -> np.ndarray:
    """Identity coefficients (len(IDENTITY_MODES),): standard normal, cut at two deviations."""
    return np.clip(rng.normal(size=len(IDENTITY_MODES)), -_IDENTITY_LIMIT, _IDENTITY_LIMIT)


def face_points(identity: np.ndarray, expression: np.ndarray) -> np.ndarray:
    """Points of a face in head axes.

    points = mean + sum_i identity_i I_i + sum_j expression_j E_j, after which a blink b moves the
    upper lid of its eye the part b (1 - 0.08) of the way to the lower one, whatever the eye's size.

    Args:
        identity: (..., len(IDENTITY_MODES)) standard deviations.
        expression: (..., len(EXPRESSION_MODES)); 0 is neutral, 1 the full expression. Blinks lie
            in [0, 1].

    Returns:
        (..., NUM_POINTS, 3) millimetres, leading axes broadcast.

    Raises:
        ValueError: a wrong last axis or a blink outside [0, 1].
    """
    if identity.shape[-1] != len(IDENTITY_MODES) or expression.shape[-1] != len(EXPRESSION_MODES):
        raise ValueError(f'identity must end in {len(IDENTITY_MODES)} and expression in '
                         f'{len(EXPRESSION_MODES)}, got shapes {identity.shape} and '
                         f'{expression.shape}')
    blinks = expression[..., _BLINKS]
    if blinks.size and (blinks.min() < 0 or blinks.max() > 1):
        raise ValueError(f'blinks must lie in [0, 1], got {blinks.min():.3f} to {blinks.max():.3f}')
    points = (MEAN_SHAPE + np.tensordot(identity, IDENTITY_BASIS, 1)
              + np.tensordot(expression, EXPRESSION_BASIS, 1))
    for side, (upper, lower) in enumerate(_LIDS):
        closed = (1 - _CLOSED) * blinks[..., side, None, None]
        points[..., upper, :] += closed * (points[..., lower, :] - points[..., upper, :])
    return points


def skull_radii(identity: np.ndarray) -> np.ndarray:
    """Half axes (x, y, z) in millimetres of the ellipsoid behind the face of one identity."""
    ears = face_points(identity, np.zeros(len(EXPRESSION_MODES)))[INDEX['left_jaw_1'], 0]
    return np.array([ears + 1.5, 113.0, 97.0])
