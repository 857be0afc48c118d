# 50 of the 2,012 shapes of projects/faces_300w (README.md).
_base_ = ['../../configs/_base_/stands/face.py']
from ikp_mm.own_frames import fill_in

fill_in(_base_, clips='data/faces_300w/clips', poses='data/faces_300w/prior_50.npz',
        skeleton='face68', labels='lfpw_test.npz', labels_root='data/faces_300w')
# The lines of ikp_faces_300w.py, thicker than those of `face`.
model = dict(head=dict(renderer=dict(sigma=0.1)))
val_evaluator = test_evaluator = dict(
    unit='keypoint_distance', norm_joints=('right_eye_outer', 'left_eye_outer'))
