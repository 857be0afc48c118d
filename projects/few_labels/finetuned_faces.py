# The keypoints found without a label (projects/faces_300w), trained on with labels (README.md).
_base_ = ['../comparison/configs/supervised_faces_300w.py']
start = dict(type='Pretrained', checkpoint='work_dirs/ikp_faces_300w/seed_0/iter_2000.pth')
model = dict(
    backbone=dict(init_cfg=dict(start, prefix='backbone.')),
    head=dict(init_cfg=dict(start, prefix='head.')))
# A fifth of the rate and half of the iterations of a training from scratch.
optim_wrapper = dict(optimizer=dict(lr=2e-4))
train_cfg = dict(max_iters=1000)
param_scheduler = [dict(_base_.param_scheduler[0], begin=0, end=1000, T_max=1000)]
del start
