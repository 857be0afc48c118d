# ikp_faces_300w.py with poses of a 3D model of faces (make_ict_faces.py).
_base_ = ['wide_lines.py']
from ikp_mm.own_frames import fill_in

fill_in(_base_, clips='data/faces_300w/clips', skeleton='face68', labels='lfpw_test.npz',
        labels_root='data/faces_300w', poses=dict(
            type='motion3d', path='data/faces_300w/ict_faces.npz', azimuth_deg=(-25, 25),
            elevation_deg=(-15, 15), distance=5, fill=(0.75, 0.75)))
val_evaluator = test_evaluator = dict(
    unit='keypoint_distance', norm_joints=('right_eye_outer', 'left_eye_outer'))
