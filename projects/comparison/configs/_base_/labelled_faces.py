# Synthetic faces with the labels of the training clips. The top-level config names the pipeline.
_base_ = ['../../../../configs/_base_/datasets/synthetic_faces_64.py']
train_dataloader = dict(
    _delete_=True,
    batch_size=16,
    num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type=_base_.dataset_type, split='train', num_clips=160, frames_per_clip=24, image_size=64,
        test_mode=False))
val_cfg = dict(_delete_=True, type='ValLoop')
# No offline eta, hence no flip-corrected row.
val_evaluator = [
    dict(metric, modes=('direct', 'flip_aware')) for metric in _base_.val_evaluator
    if metric['type'] == 'KeypointDistanceMetric'
]
test_evaluator = val_evaluator
