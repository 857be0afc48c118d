# MMPose's regression with the Wing loss (Feng et al., CVPR 2018) at CPU size: a ResNet-18 of
# 64 px images, fed as supervised.py is. No pretrained weights.
_base_ = ['supervised.py']
model = dict(
    _delete_=True,
    type='TopdownPoseEstimator',
    data_preprocessor=_base_.model.data_preprocessor,
    backbone=dict(type='ResNet', depth=18),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='RegressionHead', in_channels=512, num_joints=68,
        loss=dict(type='WingLoss', use_target_weight=True), decoder=_base_.codec),
    test_cfg=dict(flip_test=False))
optim_wrapper = dict(optimizer=dict(betas=(0.9, 0.999)))
