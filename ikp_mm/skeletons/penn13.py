"""Penn Action's 13 joints, in the order its description lists them.

Left and right are the person's. The dataset comes with no edges; these are ours: limbs, both sides
of the trunk, shoulders, hips, and the head on both shoulders, for there is no neck.
"""
from ikp_mm.skeletons.skeleton import Skeleton

PENN13 = Skeleton(
    name='penn13',
    joints=('head', 'left_shoulder', 'right_shoulder', 'left_elbow', 'right_elbow', 'left_wrist',
            'right_wrist', 'left_hip', 'right_hip', 'left_knee', 'right_knee', 'left_ankle',
            'right_ankle'),
    edges=(
        ('head', 'left_shoulder'), ('head', 'right_shoulder'),
        ('left_shoulder', 'right_shoulder'),
        ('left_shoulder', 'left_elbow'), ('left_elbow', 'left_wrist'),
        ('right_shoulder', 'right_elbow'), ('right_elbow', 'right_wrist'),
        ('left_shoulder', 'left_hip'), ('right_shoulder', 'right_hip'), ('left_hip', 'right_hip'),
        ('left_hip', 'left_knee'), ('left_knee', 'left_ankle'),
        ('right_hip', 'right_knee'), ('right_knee', 'right_ankle'),
    ))
