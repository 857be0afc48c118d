# Lorenz et al. 2019 with the encoder and head of zhang2018.py: 16 parts, single frames. Colours and
# s (what two of its warps differ by, without bending) are the release's, as is the ratio of the two
# equivariances: 5 a coordinate for means (5 / 2K a part), 0.1 for covariances. Reconstruction is 100
# in place of 1: with 1 and 10 the maps were even and all parts in the middle after a few hundred
# iterations, of which the release runs tens of thousands. Its 64 numbers a look from 256 features are
# 16 from 64.
_base_ = ['zhang2018.py']
num_points = 16
model = dict(
    _delete_=True,
    type='Lorenz2019',
    data_preprocessor=_base_.model.data_preprocessor,
    backbone=_base_.model.backbone,
    head=_base_.model.head,
    image_decoder=dict(_base_.model.image_decoder, descriptor_dim=16, background=1.0),
    loss_reconstruction=dict(type='MSELoss', loss_weight=100.0),
    loss_equivariance=dict(type='PointEquivarianceLoss', loss_weight=5 / (2 * num_points)),
    loss_covariance=dict(type='CovarianceEquivarianceLoss', loss_weight=0.1),
    warp=dict(rotate_deg=11, scale=(0.9, 1.1), shift=0.03),
    colours=dict(contrast=0.5, brightness=0.3, saturation=0.1, hue=0.3),
    channels_last=True,
    test_cfg=dict(flip_test=False))
