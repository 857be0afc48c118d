# How every dataset of ours is loaded, read and scored: 64 px, no worker processes.
# The config that trains hands `prior_dataloader` to the train loop: a schedule has the loop's other
# options, and no two bases may set one key.
data_mode = 'topdown'
train_dataloader = dict(
    batch_size=16, num_workers=0, sampler=dict(type='GlobalDrawSampler'),
    collate_fn=dict(type='default_collate'), dataset=dict(type='FramePairDataset', image_size=64))
prior_dataloader = dict(
    batch_size=16, num_workers=0, sampler=dict(type='GlobalDrawSampler'),
    collate_fn=dict(type='default_collate'), dataset=dict(type='PosePriorDataset'))
test_pipeline = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale', padding=1.0),
    dict(type='AreaTopdownAffine', input_size=(64, 64)),
    dict(
        type='PackPoseInputs',
        meta_keys=('id', 'img_id', 'img_path', 'ori_shape', 'img_shape', 'input_size',
                   'input_center', 'input_scale', 'flip', 'flip_direction', 'flip_indices',
                   'group'))
]
# Labelled frames: only scored.
val_dataloader = test_dataloader = dict(
    batch_size=32, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(pipeline=test_pipeline))
# Fixed frame pairs: the label-free score and the sheets are made from them.
val_cfg = dict(
    type='LabelFreeValLoop',
    pairs_dataloader=dict(
        batch_size=32, num_workers=0, num_batch_per_epoch=6,
        sampler=dict(type='DefaultSampler', shuffle=False),
        collate_fn=dict(type='default_collate'),
        dataset=dict(type='FramePairDataset', image_size=64, seed=0)),
    pairs_evaluator=dict(type='LabelFreeScore'))
test_cfg = dict(type='TestLoop')
