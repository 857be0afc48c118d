# The supervised twin of ikp_synthetic.py: the same Phi and eta in a stock TopdownPoseEstimator,
# trained with the labels of the training clips.
_base_ = [
    '_base_/default_runtime.py',
    '_base_/models/keypoint_gan_cpu.py',
    '_base_/datasets/synthetic_people_64.py',
]
model = dict(
    _delete_=True,
    type='TopdownPoseEstimator',
    data_preprocessor=_base_.model.data_preprocessor,
    backbone=_base_.model.backbone,
    head=dict(_base_.model.head, skeleton='h36m17'),
    test_cfg=dict(flip_test=False))

train_pipeline = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale', padding=1.0),
    dict(type='RandomFlip', direction='horizontal'),
    dict(type='RandomBBoxTransform', shift_factor=0.1, scale_factor=(0.85, 1.15),
         rotate_factor=20, rotate_prob=1.0),
    dict(type='TopdownAffine', input_size=(64, 64)),
    dict(type='GenerateTarget', encoder=_base_.codec),
    dict(type='PackPoseInputs'),
]
train_dataloader = dict(
    _delete_=True,
    batch_size=16,
    num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type='SyntheticPeopleDataset', split='train', num_clips=160, frames_per_clip=24,
        image_size=64, test_mode=False, pipeline=train_pipeline))
train_cfg = dict(type='IterBasedTrainLoop', max_iters=1200, val_interval=200)
val_cfg = dict(_delete_=True, type='ValLoop')
# No offline eta, hence no flip-corrected row.
val_evaluator = [
    dict(type='KeypointDistanceMetric', modes=('direct', 'flip_aware'), prior=_base_.prior)
]
test_evaluator = val_evaluator
optim_wrapper = dict(
    optimizer=dict(type='Adam', lr=5e-4, betas=(0.5, 0.999)), clip_grad=dict(max_norm=1.0))
param_scheduler = [
    dict(type='CosineAnnealingLR', by_epoch=False, begin=500, end=1200, T_max=700,
         eta_min_ratio=0.02)
]
auto_scale_lr = dict(enable=False, base_batch_size=16)
# One stage, one optimizer: the host's own timer, log line and wrapper.
default_hooks = dict(
    _delete_=True,
    timer=dict(type='IterTimerHook'),
    logger=_base_.default_hooks.logger,
    param_scheduler=_base_.default_hooks.param_scheduler,
    checkpoint=dict(
        type='CheckpointHook', by_epoch=False, interval=500, max_keep_ckpts=2,
        save_best='keypoint_distance/direct', rule='less'),
    sampler_seed=_base_.default_hooks.sampler_seed,
    plain_checkpoint=dict(type='PlainCheckpointHook'))
log_processor = dict(type='LogProcessor')
model_wrapper_cfg = None
