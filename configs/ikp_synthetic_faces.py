# Synthetic faces, 68 landmarks, minutes on two CPU cores.
_base_ = [
    '_base_/default_runtime.py',
    '_base_/models/keypoint_gan_cpu.py',
    '_base_/datasets/synthetic_faces_64.py',
    '_base_/schedules/two_stage_cpu.py',
]
model = dict(
    head=dict(skeleton='face68'),
    # A turning head changes few pixels: what moves weighs six times what stands still. Equivariance
    # holds Phi to what eta can already read, which is a frontal face at first: little of it.
    foreground_gain=5.0,
    equivariance=dict(weight=2.0))
train_cfg = dict(prior_dataloader=_base_.prior_dataloader)
custom_hooks = [
    dict(type='KeypointEMAHook', momentum=0.05),
    dict(type='PredictionSheetHook', pairs=_base_.val_pairs),
]
