"""The 68 landmarks of a face (iBUG order: Multi-PIE, 300-W), joined by poly-lines.

Right and left are the subject's. MMPose's ``300w`` meta file has the same order and the same
mirror pairs, but no names and no edges.
"""
from itertools import pairwise

from ikp_mm.skeletons.skeleton import Skeleton


def _mirrored(names: tuple[str, ...]) -> tuple[str, ...]:
    """The same line on the other side, walked the other way."""
    return tuple(name.replace('right_', 'left_') for name in reversed(names))


_RIGHT_JAW = tuple(f'right_jaw_{i}' for i in range(1, 9))  # ear to chin
_JAW = (*_RIGHT_JAW, 'chin', *_mirrored(_RIGHT_JAW))
_RIGHT_BROW = tuple(f'right_brow_{i}' for i in range(1, 6))  # temple to nose
_LEFT_BROW = _mirrored(_RIGHT_BROW)
_BRIDGE = tuple(f'nose_bridge_{i}' for i in range(1, 5))  # top to tip
_NOSTRILS = ('right_nostril_1', 'right_nostril_2', 'nose_base', 'left_nostril_2',
             'left_nostril_1')
# Both eyes from the image's left to its right along the upper lid, back along the lower.
_RIGHT_EYE = ('right_eye_outer', 'right_eye_upper_1', 'right_eye_upper_2', 'right_eye_inner',
              'right_eye_lower_2', 'right_eye_lower_1')
_LEFT_EYE = ('left_eye_inner', 'left_eye_upper_2', 'left_eye_upper_1', 'left_eye_outer',
             'left_eye_lower_1', 'left_eye_lower_2')
_OUTER_LIPS = ('right_mouth_corner', 'right_upper_lip_1', 'right_upper_lip_2', 'upper_lip',
               'left_upper_lip_2', 'left_upper_lip_1', 'left_mouth_corner', 'left_lower_lip_1',
               'left_lower_lip_2', 'lower_lip', 'right_lower_lip_2', 'right_lower_lip_1')
_INNER_LIPS = ('right_inner_corner', 'right_inner_upper_lip', 'inner_upper_lip',
               'left_inner_upper_lip', 'left_inner_corner', 'left_inner_lower_lip',
               'inner_lower_lip', 'right_inner_lower_lip')
_BROWS, _EYES = (*_RIGHT_BROW, *_LEFT_BROW), (_RIGHT_EYE, _LEFT_EYE)
_DARK = (0.1, 0.8)
_OPEN = (_JAW, _RIGHT_BROW, _LEFT_BROW, _BRIDGE, _NOSTRILS)
_CLOSED = (*_EYES, _OUTER_LIPS, _INNER_LIPS)

FACE68 = Skeleton(
    name='face68',
    joints=sum(_OPEN + _CLOSED, ()),
    edges=[edge for line in _OPEN for edge in pairwise(line)]
    + [edge for line in _CLOSED for edge in pairwise((*line, line[0]))],
    # Skin between the jaw and a forehead above the brows; on it lines, eyes and lips.
    parts=(
        dict(kind='region', joints=(*_JAW, *reversed(_BROWS)), width=(0.0, 0.04), tone=(1.0, 1.0),
             opacity=(0.3, 1.0), soft=3.0, raised=len(_BROWS), anchor='chin', rise=(0.15, 0.6)),
        dict(kind='line', joints=_JAW, width=(0.008, 0.03), tone=_DARK, opacity=(0.3, 1.0),
             layer=1, chance=0.5),
        *(dict(kind='line', joints=brow, width=(0.01, 0.05), tone=_DARK, opacity=(0.3, 1.0),
               layer=1) for brow in (_RIGHT_BROW, _LEFT_BROW)),
        dict(kind='line', joints=_BRIDGE, width=(0.01, 0.04), tone=(0.6, 1.3), opacity=(0.2, 1.0),
             layer=1),
        dict(kind='line', joints=_NOSTRILS, width=(0.01, 0.03), tone=_DARK, opacity=(0.3, 1.0),
             layer=1),
        *(dict(kind='region', joints=eye, width=(0.0, 0.01), tone=(0.9, 1.8), opacity=(0.3, 1.0),
               layer=1) for eye in _EYES),
        dict(kind='region', joints=_OUTER_LIPS, width=(0.0, 0.01), tone=(0.5, 1.2),
             opacity=(0.3, 1.0), layer=1),
        dict(kind='line', joints=(*_OUTER_LIPS, _OUTER_LIPS[0]), width=(0.005, 0.02), tone=_DARK,
             opacity=(0.2, 0.8), layer=2, chance=0.5),
        *(dict(kind='line', joints=(*eye, eye[0]), width=(0.008, 0.02), tone=_DARK,
               opacity=(0.3, 1.0), layer=2) for eye in _EYES),
        *(dict(kind='disc', joints=eye, width=(0.05, 0.08), tone=(0.0, 0.5), opacity=(0.4, 1.0),
               layer=2) for eye in _EYES),
        dict(kind='region', joints=_INNER_LIPS, width=(0.0, 0.01), tone=(0.05, 1.6),
             opacity=(0.4, 1.0), layer=2),
    ))
