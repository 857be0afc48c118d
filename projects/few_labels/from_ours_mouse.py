# The keypoints found without a label (projects/mouse), trained on with labels (README.md).
_base_ = ['../mouse/supervised.py']
start = dict(type='Pretrained', checkpoint='work_dirs/ikp_mouse/seed_0/iter_2000.pth')
model = dict(
    backbone=dict(init_cfg=dict(start, prefix='backbone.')),
    head=dict(init_cfg=dict(start, prefix='head.')))
del start
