"""The order and the mirror pairs are iBUG's, as MMPose's own 300w meta file states them."""
from pathlib import Path

import mmpose
from mmengine.config import Config

from ikp_mm.skeletons import FACE68, get_skeleton


def test_mirror_pairs_are_those_of_mmpose():
    meta = Config.fromfile(Path(mmpose.__file__).parent / '.mim/configs/_base_/datasets/300w.py')
    theirs = meta.dataset_info['keypoint_info']
    assert FACE68.num_joints == len(theirs) == 68
    for i, j in enumerate(FACE68.swap_indices):
        assert (theirs[i]['swap'] or theirs[i]['name']) == theirs[j]['name']


def test_known_landmarks_lie_where_ibug_puts_them():
    places = {'right_jaw_1': 0, 'chin': 8, 'left_jaw_1': 16, 'right_brow_1': 17, 'left_brow_1': 26,
              'nose_bridge_4': 30, 'nose_base': 33, 'right_eye_outer': 36, 'right_eye_inner': 39,
              'left_eye_inner': 42, 'left_eye_outer': 45, 'right_mouth_corner': 48,
              'upper_lip': 51, 'left_mouth_corner': 54, 'lower_lip': 57, 'inner_upper_lip': 62,
              'inner_lower_lip': 66}
    assert {name: FACE68.joints.index(name) for name in places} == places


def test_lines():
    # Open lines of 17, 5, 5, 4 and 5 points, closed ones of 6, 6, 12 and 8.
    assert len(FACE68.edges) == 16 + 4 + 4 + 3 + 4 + 6 + 6 + 12 + 8
    assert {(36, 37), (41, 36), (59, 48), (67, 60)} <= set(FACE68.edges)
    assert (16, 17) not in FACE68.edges
    assert not FACE68.joints_without_edge
    assert get_skeleton('face68') is FACE68
