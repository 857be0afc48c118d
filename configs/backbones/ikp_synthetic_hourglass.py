# Synthetic people with two narrow hourglasses and a SkeletonNeck as Phi: maps of 32 px,
# of which the neck takes the last stack's.
# MMPose's HourglassNet fits the neck as well (map_size=16), but its stem is 256 channels wide.
_base_ = ['../ikp_synthetic_without_figures.py']
model = dict(
    backbone=dict(
        _delete_=True, type='NarrowHourglassNet', downsample_times=3, num_stacks=2,
        stage_channels=(16, 32, 48, 64), stage_blocks=(1, 1, 1, 1), feat_channel=32),
    neck=dict(
        type='SkeletonNeck', in_channels=32, levels=(-1, ), map_size=32, skeleton_size=32))
optim_wrapper = dict(translator=dict(modules=['backbone', 'neck', 'generator']))
