# Faces of YouTube Faces, tested on 300-W (projects/faces_300w/README.md).
_base_ = ['../../configs/_base_/stands/face.py']
from ikp_mm.own_frames import fill_in

fill_in(_base_, clips='data/faces_300w/clips', poses='data/faces_300w/prior.npz',
        skeleton='face68', labels='lfpw_test.npz', labels_root='data/faces_300w')
# The lines that all studies on faces were run with; `face` has thinner ones (ikp_faces_thin.py).
model = dict(head=dict(renderer=dict(sigma=0.1)))
val_evaluator = test_evaluator = dict(
    unit='keypoint_distance', norm_joints=('right_eye_outer', 'left_eye_outer'))
