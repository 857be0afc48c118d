# The released reference's sizes: 128 px images and skeletons; Phi 3.1 M parameters, Psi 4.8 M,
# eta 1.2 M, D 8.3 M. Needs a GPU. The top-level config names the topology: model.head.skeleton.
codec = dict(type='RegressionLabel', input_size=(128, 128))

model = dict(
    type='KeypointGAN',
    data_preprocessor=dict(
        type='PoseDataPreprocessor', mean=[127.5, 127.5, 127.5], std=[127.5, 127.5, 127.5],
        bgr_to_rgb=True, non_blocking=True),
    backbone=dict(
        type='SkeletonUNet', image_size=128, skeleton_size=128, base_channels=32, num_levels=4,
        # The release is linear; an unbounded output blew up on some images.
        output_activation='tanh'),
    head=dict(
        type='SkeletonHead', skeleton_size=128, heatmap_size=16,
        base_channels=32, renderer=dict(sigma=0.2, falloff='exponential'), decoder=codec),
    generator=dict(
        type='ConditionalImageGenerator', image_size=128, skeleton_size=128, feature_size=16,
        base_channels=32),
    discriminator=dict(
        type='MultiScalePatchDiscriminator', skeleton_size=128, base_channels=64,
        scales=(1, 0.5, 0.25), num_strided=3),
    loss_gan=dict(type='GANLoss', mode='lsgan', loss_weight=10.0),
    loss_reconstruction=dict(
        type='PerceptualLoss', features='vgg19', checkpoint='torchvision://vgg19',
        loss_weight=10.0),
    loss_prior=dict(type='PriorCoordinateLoss', loss_weight=0.9),
    loss_rerender=dict(type='MSELoss', loss_weight=0.1),
    pool_size=50,
    channels_last=True,
    test_cfg=dict(flip_test=False))
