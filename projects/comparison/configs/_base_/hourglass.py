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
