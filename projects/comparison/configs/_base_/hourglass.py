# MMPose's stacked hourglass at CPU size: two stacks, 32 px heatmaps of 64 px images, the loss on
# both stacks. The top-level config names the number of joints: model.head.out_channels.
codec = dict(
    type='MSRAHeatmap', input_size=(64, 64), heatmap_size=(32, 32), sigma=1.5, unbiased=True,
    blur_kernel_size=7)

model = dict(
    type='TopdownPoseEstimator',
    data_preprocessor=dict(
        type='PoseDataPreprocessor', mean=[127.5, 127.5, 127.5], std=[127.5, 127.5, 127.5],
        bgr_to_rgb=True),
    backbone=dict(
        type='NarrowHourglassNet', downsample_times=3, num_stacks=2,
        stage_channels=(32, 48, 64, 64), stage_blocks=(1, 1, 1, 1), feat_channel=32),
    head=dict(
        type='CPMHead', in_channels=32, num_stages=2, deconv_out_channels=None,
        loss=dict(type='KeypointMSELoss', use_target_weight=True), decoder=codec),
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
train_cfg = dict(type='IterBasedTrainLoop', max_iters=900, val_interval=300)
optim_wrapper = dict(
    type='AllReduceOptimWrapper', optimizer=dict(type='Adam', lr=1e-3, betas=(0.9, 0.999)),
    clip_grad=dict(max_norm=1.0))
param_scheduler = [
    dict(type='CosineAnnealingLR', by_epoch=False, begin=450, end=900, T_max=450,
         eta_min_ratio=0.02)
]
auto_scale_lr = dict(enable=False, base_batch_size=16)
