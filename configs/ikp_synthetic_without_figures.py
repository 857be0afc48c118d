# Synthetic people without painted figures: what configs/ikp_synthetic.py is compared to, and the recipe
# that the studies of projects/ were run with.
_base_ = [
    '_base_/default_runtime.py',
    '_base_/models/keypoint_gan_cpu.py',
    '_base_/datasets/synthetic_people_64.py',
    '_base_/schedules/two_stage_cpu.py',
]
model = dict(head=dict(skeleton='h36m17'))
# A shorter stage two than the base schedule's: under 15 minutes on two cores.
train_cfg = dict(prior_dataloader=_base_.prior_dataloader, max_iters=1900, val_interval=150)
decay = dict(begin=1300, end=1900, T_max=600)
param_scheduler = dict(
    translator=[dict(_base_.decay, **decay)],
    discriminator=[dict(_base_.decay, **decay)],
    head=[dict(_base_.param_scheduler['head'][0], end=1900), dict(_base_.decay, **decay)])
custom_hooks = [
    dict(type='KeypointEMAHook', momentum=0.05),
    dict(type='PredictionSheetHook', pairs=_base_.val_pairs),
]
