# The same Phi and eta trained with the labels of the 58 frames whose poses are the prior elsewhere
# (projects/mouse/README.md), tested on the same 58 frames as ikp_mouse.py.
_base_ = [
    '../../configs/_base_/single_stage_runtime.py', '../../configs/_base_/models/keypoint_gan_cpu.py']
custom_imports = dict(imports=['ikp_mm'], allow_failed_imports=False)
data_mode = 'topdown'
dataset_type = 'LabelledFramesDataset'
labels = dict(type=dataset_type, skeleton='mouse4')
model = dict(
    _delete_=True,
    type='TopdownPoseEstimator',
    data_preprocessor=_base_.model.data_preprocessor,
    backbone=_base_.model.backbone,
    # L1: SmoothL1 on coordinates in [0, 1] is a square all over, and blind to small errors.
    head=dict(
        _base_.model.head, type='SupervisedSkeletonHead', skeleton='mouse4', drawing_weight=1.0,
        loss=dict(type='L1Loss', use_target_weight=True, loss_weight=10.0)),
    test_cfg=dict(flip_test=True))
framed = [dict(type='LoadImage'), dict(type='GetBBoxCenterScale', padding=1.0)]
warp = dict(type='AreaTopdownAffine', input_size=(64, 64))
# 58 images: moved, turned through all angles, mirrored, lit and blurred at random.
train_pipeline = [
    *framed,
    dict(type='RandomFlip', direction='horizontal'),
    dict(type='RandomBBoxTransform', shift_factor=0.1, scale_factor=(0.75, 1.25),
         rotate_factor=180, rotate_prob=1.0),
    warp,
    dict(type='PhotometricDistortion'),
    dict(type='GenerateTarget', encoder=_base_.codec),
    dict(type='PackPoseInputs'),
]
train_dataloader = dict(
    batch_size=16, num_workers=0, sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(labels, data_root='data', ann_file='mouse_train.npz', test_mode=False,
                 pipeline=train_pipeline))
val_dataloader = test_dataloader = dict(
    batch_size=32, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(labels, data_root='data/mouse', ann_file='test_labels.npz',
                 pipeline=[*framed, warp, dict(type='PackPoseInputs')]))
train_cfg = dict(type='IterBasedTrainLoop', max_iters=2000, val_interval=500)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
val_evaluator = test_evaluator = dict(
    type='KeypointDistanceMetric', modes=('direct', 'flip_aware'))
optim_wrapper = dict(
    optimizer=dict(type='Adam', lr=1e-3, betas=(0.5, 0.999)), clip_grad=dict(max_norm=1.0))
param_scheduler = dict(
    type='CosineAnnealingLR', by_epoch=False, begin=1000, end=2000, T_max=1000, eta_min_ratio=0.02)
