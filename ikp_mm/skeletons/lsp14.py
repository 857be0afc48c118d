"""The 14 joints of Leeds Sports Pose, in its order. It comes with no edges; these are ours."""
from ikp_mm.skeletons.skeleton import Skeleton

LSP14 = Skeleton(
    name='lsp14',
    joints=('right_ankle', 'right_knee', 'right_hip', 'left_hip', 'left_knee', 'left_ankle',
            'right_wrist', 'right_elbow', 'right_shoulder', 'left_shoulder', 'left_elbow',
            'left_wrist', 'neck', 'head_top'),
    edges=(
        ('right_ankle', 'right_knee'), ('right_knee', 'right_hip'), ('left_hip', 'left_knee'),
        ('left_knee', 'left_ankle'), ('right_hip', 'left_hip'),
        ('right_wrist', 'right_elbow'), ('right_elbow', 'right_shoulder'),
        ('left_shoulder', 'left_elbow'), ('left_elbow', 'left_wrist'),
        ('right_shoulder', 'neck'), ('left_shoulder', 'neck'), ('neck', 'head_top'),
        ('right_shoulder', 'right_hip'), ('left_shoulder', 'left_hip'),
    ))
