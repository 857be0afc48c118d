# Thewlis et al. 2017 (ICCV) at the size of keypoint_gan_cpu.py: 30 points, single frames.
codec = dict(type='RegressionLabel', input_size=(64, 64))
num_points = 30

model = dict(
    type='Thewlis2017',
    data_preprocessor=dict(
        type='PoseDataPreprocessor', mean=[127.5, 127.5, 127.5], std=[127.5, 127.5, 127.5],
        bgr_to_rgb=True),
    backbone=dict(type='ImageEncoder', image_size=64, feature_size=16, base_channels=16),
    head=dict(
        type='GaussianPointHead', in_channels=64, num_points=num_points, map_size=16, sigma=0.2,
        normalisation='spatial', decoder=codec),
    loss_alignment=dict(type='AlignmentLoss', loss_weight=10.0),
    loss_diversity=dict(type='DiversityLoss', window=2, loss_weight=0.1),
    warp=dict(rotate_deg=20, scale=(0.8, 1.25), shift=0.15),
    channels_last=True,
    test_cfg=dict(flip_test=False))
train_cfg = dict(type='IterBasedTrainLoop', max_iters=2000, val_interval=500)
optim_wrapper = dict(
    type='AllReduceOptimWrapper', optimizer=dict(type='Adam', lr=1e-3, betas=(0.5, 0.999)),
    clip_grad=dict(max_norm=1.0))
param_scheduler = [
    dict(type='CosineAnnealingLR', by_epoch=False, begin=1000, end=2000, T_max=1000,
         eta_min_ratio=0.02)
]
auto_scale_lr = dict(enable=False, base_batch_size=16)
