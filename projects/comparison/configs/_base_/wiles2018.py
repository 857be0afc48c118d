# Wiles et al. 2018 (FAb-Net) with the encoder of zhang2018.py, two halvings deeper: an embedding
# of 256, given as 128 points, from frame pairs. Release: both frames cropped up to 6 % off.
_base_ = ['zhang2018.py']
num_points = 128
model = dict(
    _delete_=True,
    type='Wiles2018',
    data_preprocessor=_base_.model.data_preprocessor,
    backbone=dict(_base_.model.backbone, feature_size=4),
    head=dict(
        type='EmbeddingHead', in_channels=256, feature_size=4, num_points=num_points,
        decoder=_base_.codec),
    flow_decoder=dict(type='FlowDecoder', embedding_dim=2 * num_points, image_size=64),
    loss_reconstruction=dict(type='L1Loss'),
    warp=dict(shift=0.12),
    channels_last=True,
    test_cfg=dict(flip_test=False))
