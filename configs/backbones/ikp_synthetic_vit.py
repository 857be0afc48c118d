# Synthetic people with a small plain vision transformer and a SkeletonNeck as Phi: 8 px patches,
# a map of 8 px. The transformer is MMPretrain's, as in MMPose's ViTPose (docs/extending.md says
# how to install it).
_base_ = ['../ikp_synthetic_without_figures.py']
custom_imports = dict(
    imports=['ikp_mm', 'mmpretrain.models'], allow_failed_imports=False)
model = dict(
    backbone=dict(
        _delete_=True,
        type='mmpretrain.VisionTransformer',
        arch=dict(embed_dims=128, num_layers=6, num_heads=4, feedforward_channels=256),
        img_size=64, patch_size=8, with_cls_token=False, out_type='featmap',
        patch_cfg=dict(padding=0)),
    neck=dict(type='SkeletonNeck', in_channels=128, map_size=8, skeleton_size=32))
optim_wrapper = dict(translator=dict(modules=['backbone', 'neck', 'generator']))
