"""Human3.6M, all 32 joints of its raw poses, as Simplified Human3.6M keeps them.

The raw order is that of the motion capture's tree (Hips, RightUpLeg, RightLeg, ... Site), which
repeats some points: root and spine_base nearly fall together, as do thorax and both clavicles,
wrist and thumb_base, hand and hand_end. The 17 joints of ``h36m17`` bear the same names here.

The 16 edges are those that the KeypointGAN release trains with (repository
``tomasjakab/keypointgan``, skeleton type ``human36m_simple2``); they touch 17 joints. The other 15
are not rendered, but they are predicted, and its error counts them.
"""
from ikp_mm.skeletons.skeleton import Skeleton

H36M32 = Skeleton(
    name='h36m32',
    joints=('root', 'right_hip', 'right_knee', 'right_foot', 'right_toe_base', 'right_toe_end',
            'left_hip', 'left_knee', 'left_foot', 'left_toe_base', 'left_toe_end',
            'spine_base', 'spine', 'thorax', 'neck_base', 'head',
            'left_clavicle', 'left_shoulder', 'left_elbow', 'left_wrist', 'left_thumb_base',
            'left_thumb_end', 'left_hand', 'left_hand_end',
            'right_clavicle', 'right_shoulder', 'right_elbow', 'right_wrist', 'right_thumb_base',
            'right_thumb_end', 'right_hand', 'right_hand_end'),
    edges=(
        ('spine_base', 'right_hip'), ('right_hip', 'right_knee'), ('right_knee', 'right_foot'),
        ('right_foot', 'right_toe_end'),
        ('spine_base', 'left_hip'), ('left_hip', 'left_knee'), ('left_knee', 'left_foot'),
        ('left_foot', 'left_toe_end'),
        ('spine_base', 'thorax'), ('thorax', 'head'),
        ('thorax', 'left_shoulder'), ('left_shoulder', 'left_elbow'), ('left_elbow', 'left_wrist'),
        ('thorax', 'right_shoulder'), ('right_shoulder', 'right_elbow'),
        ('right_elbow', 'right_wrist'),
    ))
