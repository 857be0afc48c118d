# 50 of the 2,012 shapes of projects/faces_300w (README.md).
_base_ = ['../faces_300w/wide_lines.py']
from ikp_mm.own_frames import fill_in

fill_in(_base_, clips='data/faces_300w/clips', poses='data/faces_300w/prior_50.npz',
        skeleton='face68', labels='lfpw_test.npz', labels_root='data/faces_300w')
val_evaluator = test_evaluator = dict(
    unit='keypoint_distance', norm_joints=('right_eye_outer', 'left_eye_outer'))
