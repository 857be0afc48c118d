# Stage one: painted figures teach Phi and eta, 1200 iterations. Stage two: 150 iterations in which
# Phi waits for Psi and D, then the GAN, 650 iterations, the learning rates falling over the last 500.
_base_ = ['two_stage_cpu.py']
train_cfg = dict(
    pretrain_iters=1200, warm_up_iters=150, max_iters=2000, val_interval=200, val_begin=1200)
decay = dict(begin=1500, end=2000, T_max=500)
param_scheduler = dict(
    translator=[dict(_base_.decay, **decay)],
    discriminator=[dict(_base_.decay, **decay)],
    head=[dict(_base_.param_scheduler['head'][0], end=2000, milestones=[1200]),
          dict(_base_.decay, **decay)])
