# Thewlis et al. 2019 (DVE) with the encoder and head of zhang2018.py: 64-D, 30 points.
# loss_matching.exchange=False is the dense labelling of Thewlis et al. 2017 (NIPS).
_base_ = ['zhang2018.py']
num_points = 30
model = dict(
    _delete_=True,
    type='Thewlis2019',
    data_preprocessor=_base_.model.data_preprocessor,
    backbone=_base_.model.backbone,
    head=dict(_base_.model.head, num_points=num_points),
    loss_matching=dict(type='DenseMatchingLoss', exchange=True),
    windows=(6, 5),
    warp=_base_.model.warp,
    channels_last=True,
    test_cfg=dict(flip_test=False))
