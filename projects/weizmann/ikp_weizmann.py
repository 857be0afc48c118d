# Weizmann's actors (projects/weizmann/README.md): a body without feet, which the camera cuts off.
_base_ = ['../../configs/_base_/stands/upright.py']
from ikp_mm.own_frames import fill_in

skeleton = dict(
    name='body15',
    joints=['root', 'right_hip', 'right_knee', 'left_hip', 'left_knee', 'spine', 'thorax',
            'neck_base', 'head', 'left_shoulder', 'left_elbow', 'left_wrist', 'right_shoulder',
            'right_elbow', 'right_wrist'],
    edges=[('root', 'left_hip'), ('left_hip', 'left_knee'), ('root', 'right_hip'),
           ('right_hip', 'right_knee'), ('root', 'spine'), ('spine', 'thorax'),
           ('thorax', 'neck_base'), ('neck_base', 'head'), ('thorax', 'left_shoulder'),
           ('left_shoulder', 'left_elbow'), ('left_elbow', 'left_wrist'),
           ('thorax', 'right_shoulder'), ('right_shoulder', 'right_elbow'),
           ('right_elbow', 'right_wrist')])
fill_in(_base_, clips='data/weizmann/clips', poses='data/weizmann/prior.npz', skeleton=skeleton,
        labels='labels.npz', labels_root='data/weizmann')
