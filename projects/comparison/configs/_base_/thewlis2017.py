# Thewlis et al. 2017 (ICCV) with the encoder and head of zhang2018.py: 30 points, single frames.
_base_ = ['zhang2018.py']
num_points = 30
model = dict(
    _delete_=True,
    type='Thewlis2017',
    data_preprocessor=_base_.model.data_preprocessor,
    backbone=_base_.model.backbone,
    head=dict(_base_.model.head, num_points=num_points),
    loss_alignment=dict(type='AlignmentLoss', loss_weight=10.0),
    loss_diversity=dict(type='DiversityLoss', window=2, loss_weight=0.1),
    warp=_base_.model.warp,
    channels_last=True,
    test_cfg=dict(flip_test=False))
