# Synthetic people with MMPose's ResNet-18 and a SkeletonNeck as Phi: 64 px images leave maps of
# 16, 8, 4 and 2 px.
_base_ = ['../ikp_synthetic_without_figures.py']
model = dict(
    backbone=dict(_delete_=True, type='ResNet', depth=18, out_indices=(0, 1, 2, 3)),
    neck=dict(
        type='SkeletonNeck', in_channels=(64, 128, 256, 512), map_size=16, skeleton_size=32))
optim_wrapper = dict(translator=dict(modules=['backbone', 'neck', 'generator']))
