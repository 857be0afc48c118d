# ikp_faces_300w.py with another set's poses: near-frontal faces of AFLW2000 (README.md).
_base_ = ['wide_lines.py']
from ikp_mm.own_frames import fill_in

fill_in(_base_, clips='data/faces_300w/clips', skeleton='face68', labels='lfpw_test.npz',
        labels_root='data/faces_300w', poses=dict(
            type='landmarks_array', path='data/landmarks68/AFLW2000-3D-Reannotated.pts68.npy',
            padding=1.333, max_yaw_deg=40))
val_evaluator = test_evaluator = dict(
    unit='keypoint_distance', norm_joints=('right_eye_outer', 'left_eye_outer'))
