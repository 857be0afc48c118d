# The keypoints found without a label (projects/faces_300w), trained on with labels (README.md).
_base_ = ['../comparison/configs/supervised_faces_300w.py']
start = dict(type='Pretrained', checkpoint='work_dirs/ikp_faces_300w/seed_0/iter_2000.pth')
model = dict(
    backbone=dict(init_cfg=dict(start, prefix='backbone.')),
    head=dict(init_cfg=dict(start, prefix='head.')))
del start
