# The labelled frames of projects/pushups' prior, and its test frames. The top-level config names the
# pipeline.
_base_ = ['../../../../configs/_base_/datasets/loaders.py']
dataset_type = 'LabelledFramesDataset'
frames = dict(type=dataset_type, data_root='data/pushups', skeleton='coco17')
train_dataloader = dict(
    _delete_=True, batch_size=16, num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(frames, ann_file='train.npz', test_mode=False))
val_dataloader = test_dataloader = dict(
    dataset=dict(frames, ann_file='test.npz', pipeline=_base_.test_pipeline))
val_cfg = dict(_delete_=True, type='ValLoop')
val_evaluator = test_evaluator = [dict(
    type='KeypointDistanceMetric', modes=('direct', 'flip_aware'))]
del frames
