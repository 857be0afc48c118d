# MMPose's regression with the Wing loss (Feng et al., CVPR 2018) at CPU size: a ResNet-18 of
# 64 px images. No pretrained weights.
codec = dict(type='RegressionLabel', input_size=(64, 64))

model = dict(
    type='TopdownPoseEstimator',
    data_preprocessor=dict(
        type='PoseDataPreprocessor', mean=[127.5, 127.5, 127.5], std=[127.5, 127.5, 127.5],
        bgr_to_rgb=True),
    backbone=dict(type='ResNet', depth=18),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='RegressionHead', in_channels=512, num_joints=68,
        loss=dict(type='WingLoss', use_target_weight=True), decoder=codec),
    test_cfg=dict(flip_test=False))
train_pipeline = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale', padding=1.0),
    dict(type='RandomFlip', direction='horizontal'),
    dict(type='RandomBBoxTransform', shift_factor=0.1, scale_factor=(0.85, 1.15),
         rotate_factor=20, rotate_prob=1.0),
    dict(type='AreaTopdownAffine', input_size=(64, 64)),
    dict(type='GenerateTarget', encoder=codec),
    dict(type='PackPoseInputs'),
]
train_cfg = dict(type='IterBasedTrainLoop', max_iters=2000, val_interval=500)
optim_wrapper = dict(
    type='AllReduceOptimWrapper', optimizer=dict(type='Adam', lr=1e-3), clip_grad=dict(max_norm=1.0))
auto_scale_lr = dict(enable=False, base_batch_size=16)
