# Jakab & Gupta et al. 2018 (IMM) on the synthetic people: 30 unnamed points, no prior.
_base_ = [
    '_base_/single_stage_runtime.py',
    '_base_/imm.py',
    '../../../configs/_base_/datasets/synthetic_people_64.py',
]
train_cfg = dict(type='IterBasedTrainLoop', max_iters=750, val_interval=250)
val_cfg = dict(_delete_=True, type='ValLoop')
# Scored regressed: the first images fit the map and are not scored. regress.py fits on images apart
# from the test set.
val_evaluator = [
    dict(metric, modes=('regressed', ), n_regress=128) for metric in _base_.val_evaluator
    if metric['type'] == 'KeypointDistanceMetric'
]
test_evaluator = [dict(metric, n_regress=200) for metric in val_evaluator]
optim_wrapper = dict(
    type='AllReduceOptimWrapper', optimizer=dict(type='Adam', lr=1e-3, betas=(0.5, 0.999)),
    clip_grad=dict(max_norm=1.0))
param_scheduler = [
    dict(type='CosineAnnealingLR', by_epoch=False, begin=375, end=750, T_max=375,
         eta_min_ratio=0.02)
]
auto_scale_lr = dict(enable=False, base_batch_size=16)
