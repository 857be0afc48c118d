# The embedded default: synthetic people, minutes on two CPU cores. `make demo` runs it.
_base_ = [
    '_base_/default_runtime.py',
    '_base_/models/keypoint_gan_cpu.py',
    '_base_/datasets/synthetic_people_64.py',
    '_base_/schedules/painted_figures_cpu.py',
]
moved = dict(rotate_deg=15, scale=(0.8, 1.15), shift=0.1, flip=0.5)
model = dict(
    head=dict(skeleton='h36m17'),
    loss_prior=dict(either_side_from=300),
    figures=dict(weight=5.0, keypoint_weight=5.0, augment=moved),
    head_augment=moved)
train_cfg = dict(prior_dataloader=_base_.prior_dataloader)
custom_hooks = [
    dict(type='KeypointEMAHook', momentum=0.05),
    dict(type='PredictionSheetHook', pairs=_base_.val_pairs),
]
