# The supervised twin of ikp_synthetic_faces.py: the same Phi and eta in a stock
# TopdownPoseEstimator, trained with the labels of the training clips.
_base_ = [
    '../_base_/single_stage_runtime.py',
    '../_base_/models/keypoint_gan_cpu.py',
    '../_base_/datasets/synthetic_faces_64.py',
]
model = dict(
    _delete_=True,
    type='TopdownPoseEstimator',
    data_preprocessor=_base_.model.data_preprocessor,
    backbone=_base_.model.backbone,
    # L1: SmoothL1 on coordinates in [0, 1] is a square all over, and blind to small errors.
    head=dict(
        _base_.model.head, type='SupervisedSkeletonHead', skeleton='face68', drawing_weight=1.0,
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
train_dataloader = dict(
    _delete_=True,
    batch_size=16,
    num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type='SyntheticFacesDataset', split='train', num_clips=160, frames_per_clip=24,
        image_size=64, test_mode=False, pipeline=train_pipeline))
train_cfg = dict(type='IterBasedTrainLoop', max_iters=1200, val_interval=400)
val_cfg = dict(_delete_=True, type='ValLoop')
# No offline eta, hence no flip-corrected row.
val_evaluator = [
    dict(metric, modes=('direct', 'flip_aware')) for metric in _base_.val_evaluator
    if metric['type'] == 'KeypointDistanceMetric'
]
test_evaluator = val_evaluator
optim_wrapper = dict(
    type='AllReduceOptimWrapper',
    optimizer=dict(type='Adam', lr=1e-3, betas=(0.5, 0.999)), clip_grad=dict(max_norm=1.0))
param_scheduler = [
    dict(type='CosineAnnealingLR', by_epoch=False, begin=600, end=1200, T_max=600,
         eta_min_ratio=0.02)
]
auto_scale_lr = dict(enable=False, base_batch_size=16)
# MMDistributedDataParallel will do: one optimizer, MMPose's own step.
model_wrapper_cfg = None
