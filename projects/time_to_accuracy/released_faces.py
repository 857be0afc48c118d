# As released_people.py, on the clips and prior of projects/faces_300w/ikp_faces_300w.py.
_base_ = ['../faces_300w/ikp_faces_300w.py']
model = dict(
    head=dict(renderer=dict(sigma=0.2, falloff='exponential')),
    loss_gan=dict(loss_weight=10.0),
    figures=None,
    foreground_gain=0.0,
    equivariance=None,
    test_cfg=dict(flip_test=False))
optim_wrapper = dict(
    translator=dict(optimizer=dict(lr=2e-4)),
    discriminator=dict(optimizer=dict(lr=2e-4)))
param_scheduler = dict(
    _delete_=True,
    translator=[], discriminator=[],
    head=[dict(type='MultiStepLR', by_epoch=False, end=100000, milestones=[1000], gamma=0.2)])
train_cfg = dict(
    pretrain_iters=1000, warm_up_iters=0, max_iters=4000, val_interval=100, val_begin=1000)
custom_hooks = []
