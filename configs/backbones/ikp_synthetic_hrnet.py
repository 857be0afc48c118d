# Synthetic people with a narrow HRNet and a SkeletonNeck as Phi: branches of 16, 8, 4 and 2 px,
# all of which the neck takes (multiscale_output of the last stage).
_base_ = ['../ikp_synthetic_without_figures.py']
model = dict(
    backbone=dict(
        _delete_=True,
        type='HRNet',
        extra=dict(
            stage1=dict(
                num_modules=1, num_branches=1, block='BOTTLENECK', num_blocks=(1, ),
                num_channels=(32, )),
            stage2=dict(
                num_modules=1, num_branches=2, block='BASIC', num_blocks=(2, 2),
                num_channels=(16, 32)),
            stage3=dict(
                num_modules=1, num_branches=3, block='BASIC', num_blocks=(2, 2, 2),
                num_channels=(16, 32, 64)),
            stage4=dict(
                num_modules=1, num_branches=4, block='BASIC', num_blocks=(2, 2, 2, 2),
                num_channels=(16, 32, 64, 128), multiscale_output=True)),
        # MMPose's N(0, 0.001) before norm layers: first gradients of norm 10,000.
        init_cfg=[
            dict(type='Kaiming', layer=['Conv2d']),
            dict(type='Constant', val=1, layer=['_BatchNorm'])
        ]),
    neck=dict(
        type='SkeletonNeck', in_channels=(16, 32, 64, 128), map_size=16, skeleton_size=32))
optim_wrapper = dict(translator=dict(modules=['backbone', 'neck', 'generator']))
