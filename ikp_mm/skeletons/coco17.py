"""COCO's 17 joints of a person, in the order of MMPose's ``coco`` meta file.

The edges are ours: MMPose's, without the lines from ear to shoulder and between the eyes.
"""
from ikp_mm.skeletons.skeleton import Skeleton

COCO17 = Skeleton(
    name='coco17',
    joints=('nose', 'left_eye', 'right_eye', 'left_ear', 'right_ear', 'left_shoulder',
            'right_shoulder', 'left_elbow', 'right_elbow', 'left_wrist', 'right_wrist', 'left_hip',
            'right_hip', 'left_knee', 'right_knee', 'left_ankle', 'right_ankle'),
    edges=(
        ('nose', 'left_eye'), ('left_eye', 'left_ear'), ('nose', 'right_eye'),
        ('right_eye', 'right_ear'), ('nose', 'left_shoulder'), ('nose', 'right_shoulder'),
        ('left_shoulder', 'right_shoulder'),
        ('left_shoulder', 'left_elbow'), ('left_elbow', 'left_wrist'),
        ('right_shoulder', 'right_elbow'), ('right_elbow', 'right_wrist'),
        ('left_shoulder', 'left_hip'), ('right_shoulder', 'right_hip'), ('left_hip', 'right_hip'),
        ('left_hip', 'left_knee'), ('left_knee', 'left_ankle'),
        ('right_hip', 'right_knee'), ('right_knee', 'right_ankle'),
    ))
