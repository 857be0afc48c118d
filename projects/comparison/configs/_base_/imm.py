# Jakab & Gupta et al. 2018 at the size of keypoint_gan_cpu.py. As released: 30 points, 16 px maps.
codec = dict(type='RegressionLabel', input_size=(64, 64))
num_points = 30

model = dict(
    type='IMM',
    data_preprocessor=dict(
        type='PoseDataPreprocessor', mean=[127.5, 127.5, 127.5], std=[127.5, 127.5, 127.5],
        bgr_to_rgb=True),
    backbone=dict(type='ImageEncoder', image_size=64, feature_size=16, base_channels=16),
    head=dict(
        type='GaussianPointHead', in_channels=64, num_points=num_points, map_size=16, sigma=0.15,
        normalisation='marginal', decoder=codec),
    generator=dict(
        type='ConditionalImageGenerator', image_size=64, skeleton_size=16, feature_size=8,
        base_channels=16, skeleton_channels=num_points),
    loss_reconstruction=dict(
        type='PerceptualLoss', features='random', channels=(16, 32, 64), loss_weight=10.0),
    channels_last=True,
    test_cfg=dict(flip_test=False))
train_cfg = dict(type='IterBasedTrainLoop', max_iters=750, val_interval=250)
optim_wrapper = dict(
    type='AllReduceOptimWrapper', optimizer=dict(type='Adam', lr=1e-3, betas=(0.5, 0.999)),
    clip_grad=dict(max_norm=1.0))
param_scheduler = [
    dict(type='CosineAnnealingLR', by_epoch=False, begin=375, end=750, T_max=375,
         eta_min_ratio=0.02)
]
auto_scale_lr = dict(enable=False, base_batch_size=16)
