# A size that two CPU cores train in minutes: 64 px images, 32 px skeletons.
# The top-level config names the topology: model.head.skeleton.
codec = dict(type='RegressionLabel', input_size=(64, 64))

model = dict(
    type='KeypointGAN',
    data_preprocessor=dict(
        type='PoseDataPreprocessor', mean=[127.5, 127.5, 127.5], std=[127.5, 127.5, 127.5],
        bgr_to_rgb=True),
    backbone=dict(
        type='SkeletonUNet', image_size=64, skeleton_size=32, base_channels=16, num_levels=4,
        output_activation='tanh'),
    head=dict(
        type='SkeletonHead', skeleton_size=32, heatmap_size=8,
        base_channels=24, renderer=dict(sigma=0.1, falloff='gaussian'), decoder=codec),
    generator=dict(
        type='ConditionalImageGenerator', image_size=64, skeleton_size=32, feature_size=8,
        base_channels=16),
    discriminator=dict(
        type='MultiScalePatchDiscriminator', skeleton_size=32, base_channels=32,
        scales=(1, 0.5), num_strided=(2, 2)),
    loss_gan=dict(type='GANLoss', mode='lsgan', loss_weight=2.0),
    # No pretrained weights on the machine this was tuned on: fixed random features, by name.
    loss_reconstruction=dict(
        type='PerceptualLoss', features='random', channels=(16, 32, 64), loss_weight=10.0),
    loss_prior=dict(type='PriorCoordinateLoss', loss_weight=0.9),
    loss_rerender=dict(type='MSELoss', loss_weight=0.1),
    # An addition to the paper: what is found in one place is found turned and moved.
    equivariance=dict(weight=5.0, rotate_deg=20, scale=(0.85, 1.15), shift=0.1, flip=0.5),
    pool_size=50,
    channels_last=True,
    test_cfg=dict(flip_test=False))
