# Lorenz et al. 2019 on the clips of projects/pushups: 16 unnamed points, single frames, no prior.
_base_ = [
    '_base_/single_stage_runtime.py', '_base_/lorenz2019.py', '_base_/unnamed_pushups.py']
# As many images as ours sees.
train_cfg = dict(max_iters=2000, val_interval=500)
param_scheduler = [dict(_base_.param_scheduler[0], begin=1000, end=2000, T_max=1000)]
