# The networks, images and poses of configs/ikp_synthetic.py with the released hyper-parameters: Adam 2e-4
# throughout, lambda_gan 10, lines of sigma 0.2 on the unsquared distance, none of our additions. Stage one,
# which the release never published, is ours. Phi sees the raw frame, as ours does.
_base_ = ['../../configs/ikp_synthetic_without_figures.py']
model = dict(
    head=dict(renderer=dict(sigma=0.2, falloff='exponential')),
    loss_gan=dict(loss_weight=10.0),
    loss_prior=dict(either_side_from=None),
    equivariance=None)
optim_wrapper = dict(
    translator=dict(optimizer=dict(lr=2e-4)),
    discriminator=dict(optimizer=dict(lr=2e-4)))
# eta as in stage one of ours (1e-3), then 2e-4.
param_scheduler = dict(
    _delete_=True,
    translator=[], discriminator=[],
    head=[dict(type='MultiStepLR', by_epoch=False, end=100000, milestones=[1000], gamma=0.2)])
train_cfg = dict(max_iters=4000, val_interval=50, val_begin=1000)
custom_hooks = []
