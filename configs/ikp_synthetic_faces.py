# Synthetic faces, 68 landmarks, minutes on two CPU cores.
_base_ = [
    '_base_/default_runtime.py',
    '_base_/models/keypoint_gan_cpu.py',
    '_base_/datasets/synthetic_faces_64.py',
    '_base_/schedules/two_stage_cpu.py',
]
model = dict(
    head=dict(skeleton='face68'),
    # A turning head changes few pixels: what moves weighs eleven times what stands still.
    foreground_gain=10.0,
    # A face that is turned the other way tells Psi as much, and D cannot know: only that lines lie
    # where the image has its edges decides. So Psi reads y finely, and D has less to say.
    generator=dict(feature_size=16),
    loss_gan=dict(loss_weight=1.0),
    # Equivariance holds Phi to what eta can already read, a frontal face at first: little of it.
    equivariance=dict(weight=2.0))
train_cfg = dict(prior_dataloader=_base_.prior_dataloader)
custom_hooks = [
    dict(type='KeypointEMAHook', momentum=0.05),
    dict(type='PredictionSheetHook', pairs=_base_.val_pairs),
]
