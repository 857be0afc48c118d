# Synthetic people with MMPose's CSPNeXt, RTMPose's backbone, at its tiny factors, and a
# SkeletonNeck as Phi: the stem's map of 32 px and those of 16, 8, 4 and 2 px.
_base_ = ['../ikp_synthetic_without_figures.py']
model = dict(
    backbone=dict(
        _delete_=True, type='CSPNeXt', arch='P5', expand_ratio=0.5, deepen_factor=0.167,
        widen_factor=0.375, out_indices=(0, 1, 2, 3, 4), channel_attention=True,
        norm_cfg=dict(type='BN'), act_cfg=dict(type='SiLU', inplace=True)),
    neck=dict(
        type='SkeletonNeck', in_channels=(24, 48, 96, 192, 384), map_size=32,
        skeleton_size=32))
optim_wrapper = dict(translator=dict(modules=['backbone', 'neck', 'generator']))
