# The shipped detector of synthetic people (projects/model_zoo/README.md): configs/ikp_synthetic_without_figures.py
# with more subjects and a longer stage two.
_base_ = ['../../configs/ikp_synthetic_without_figures.py']
train_dataloader = dict(dataset=dict(clips=dict(num_clips=400)))
train_cfg = dict(max_iters=3700, pretrain_iters=1200, val_begin=1400, val_interval=250)
decay = dict(begin=2500, end=3700, T_max=1200)
param_scheduler = dict(
    _delete_=True,
    translator=[dict(_base_.decay, **decay)],
    discriminator=[dict(_base_.decay, **decay)],
    head=[dict(_base_.param_scheduler['head'][0], end=3700, milestones=[1200]),
          dict(_base_.decay, **decay)])
