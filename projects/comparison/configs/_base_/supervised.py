# Phi and eta of keypoint_gan_cpu.py in a stock TopdownPoseEstimator, trained with labels. The
# top-level config names the topology: model.head.skeleton.
_base_ = ['../../../../configs/_base_/models/keypoint_gan_cpu.py']
model = dict(
    _delete_=True,
    type='TopdownPoseEstimator',
    data_preprocessor=_base_.model.data_preprocessor,
    backbone=_base_.model.backbone,
    # L1: SmoothL1 on coordinates in [0, 1] is a square all over, and blind to small errors.
    head=dict(
        _base_.model.head, type='SupervisedSkeletonHead', drawing_weight=1.0,
        loss=dict(type='L1Loss', use_target_weight=True, loss_weight=10.0)),
    test_cfg=dict(flip_test=False))
train_pipeline = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale', padding=1.0),
    dict(type='RandomFlip', direction='horizontal'),
    dict(type='RandomBBoxTransform', shift_factor=0.1, scale_factor=(0.85, 1.15),
         rotate_factor=20, rotate_prob=1.0),
    dict(type='AreaTopdownAffine', input_size=(64, 64)),
    dict(type='GenerateTarget', encoder=_base_.codec),
    dict(type='PackPoseInputs'),
]
train_cfg = dict(type='IterBasedTrainLoop', max_iters=1200, val_interval=400)
optim_wrapper = dict(
    type='AllReduceOptimWrapper', optimizer=dict(type='Adam', lr=1e-3, betas=(0.5, 0.999)),
    clip_grad=dict(max_norm=1.0))
param_scheduler = [
    dict(type='CosineAnnealingLR', by_epoch=False, begin=600, end=1200, T_max=600,
         eta_min_ratio=0.02)
]
auto_scale_lr = dict(enable=False, base_batch_size=16)
