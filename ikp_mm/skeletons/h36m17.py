"""Human3.6M, 17 joints, in the order and with the edges of MMPose's ``h36m`` meta file."""
from ikp_mm.skeletons.skeleton import Skeleton

H36M17 = Skeleton(
    name='h36m17',
    joints=('root', 'right_hip', 'right_knee', 'right_foot', 'left_hip', 'left_knee', 'left_foot',
            'spine', 'thorax', 'neck_base', 'head', 'left_shoulder', 'left_elbow', 'left_wrist',
            'right_shoulder', 'right_elbow', 'right_wrist'),
    edges=(
        ('root', 'left_hip'), ('left_hip', 'left_knee'), ('left_knee', 'left_foot'),
        ('root', 'right_hip'), ('right_hip', 'right_knee'), ('right_knee', 'right_foot'),
        ('root', 'spine'), ('spine', 'thorax'), ('thorax', 'neck_base'), ('neck_base', 'head'),
        ('thorax', 'left_shoulder'), ('left_shoulder', 'left_elbow'), ('left_elbow', 'left_wrist'),
        ('thorax', 'right_shoulder'), ('right_shoulder', 'right_elbow'),
        ('right_elbow', 'right_wrist'),
    ))
