# Zhang et al. 2018 at the size of keypoint_gan_cpu.py. The weights are the release's (CelebA, 10
# points) divided by 10,000: equivariance 1e4, concentration 100, separation 20.
codec = dict(type='RegressionLabel', input_size=(64, 64))
num_points = 16

model = dict(
    type='Zhang2018',
    data_preprocessor=dict(
        type='PoseDataPreprocessor', mean=[127.5, 127.5, 127.5], std=[127.5, 127.5, 127.5],
        bgr_to_rgb=True),
    backbone=dict(type='ImageEncoder', image_size=64, feature_size=16, base_channels=16),
    head=dict(
        type='GaussianPointHead', in_channels=64, num_points=num_points, map_size=16, sigma=0.2,
        normalisation='spatial', decoder=codec),
    image_decoder=dict(
        type='DescriptorImageDecoder', num_points=num_points, in_channels=64, image_size=64,
        map_size=16, base_channels=16),
    loss_reconstruction=dict(type='MSELoss', loss_weight=10.0),
    loss_concentration=dict(type='ConcentrationLoss', loss_weight=0.01),
    loss_separation=dict(type='SeparationLoss', bandwidth=0.08, loss_weight=0.002),
    loss_equivariance=dict(type='PointEquivarianceLoss', loss_weight=1.0),
    # The release: shifts of +-15 %, 10 degrees, a quarter larger or smaller (deviations of
    # normal draws, where ours are bounds of uniform ones).
    warp=dict(rotate_deg=20, scale=(0.8, 1.25), shift=0.15),
    channels_last=True,
    test_cfg=dict(flip_test=False))
train_cfg = dict(type='IterBasedTrainLoop', max_iters=1350, val_interval=450)
optim_wrapper = dict(
    type='AllReduceOptimWrapper', optimizer=dict(type='Adam', lr=1e-3, betas=(0.5, 0.999)),
    clip_grad=dict(max_norm=1.0))
param_scheduler = [
    dict(type='CosineAnnealingLR', by_epoch=False, begin=675, end=1350, T_max=675,
         eta_min_ratio=0.02)
]
auto_scale_lr = dict(enable=False, base_batch_size=16)
