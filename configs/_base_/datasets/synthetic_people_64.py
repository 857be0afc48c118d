# Synthetic people at 64 px: clips, prior, validation and test share no subject and no motion.
dataset_type = 'SyntheticPeopleDataset'
data_mode = 'topdown'
prior = dict(
    type='PosePriorDataset', poses=dict(type='synthetic', seed=0, num_poses=10000),
    skeleton='h36m17')
# Phi sees the raw frame; what is reconstructed and what lends its appearance has the clip's own
# median removed (docs/recipe.md shows what hangs on this).
background = dict(source='clip_median', threshold=16.0, softness=8.0, blur=0.5, fill=127)

train_dataloader = dict(
    batch_size=16,
    num_workers=0,
    sampler=dict(type='GlobalDrawSampler'),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='FramePairDataset',
        clips=dict(type='SyntheticClips', split='train', num_clips=160, frames_per_clip=24),
        image_size=64,
        gap=(1, 30),
        background=background,
        mask=('target', 'appearance'),
        skeleton='h36m17'))
prior_dataloader = dict(
    batch_size=16,
    num_workers=0,
    sampler=dict(type='GlobalDrawSampler'),
    collate_fn=dict(type='default_collate'),
    dataset=prior)

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
val_dataloader = dict(
    batch_size=32,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type=dataset_type, split='val', num_clips=24, frames_per_clip=8, image_size=64,
        pipeline=test_pipeline))
test_dataloader = dict(
    batch_size=32,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type=dataset_type, split='test', num_clips=50, frames_per_clip=8, image_size=64,
        pipeline=test_pipeline))
# Labelled images of the training clips, for projects/comparison/regress.py.
regression_dataloader = dict(
    batch_size=32,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='SyntheticPeopleDataset', split='train', num_clips=160, frames_per_clip=8,
        image_size=64, pipeline=test_pipeline))
val_evaluator = [
    dict(type='KeypointDistanceMetric', prior=prior),
    # MMPose's own, unchanged; NME by the length of the torso (thorax to root).
    dict(type='PCKAccuracy', thr=0.2, norm_item='bbox', prefix='mmpose'),
    dict(type='NME', norm_mode='keypoint_distance', keypoint_indices=[8, 0], prefix='mmpose')
]
# Beside them: do the keypoint scores tell which joints are wrong? (docs/confidence.md)
test_evaluator = val_evaluator + [dict(type='FailurePredictionMetric')]

# Frame pairs of held-out clips: the label-free score and the sheets are made from them.
val_pairs = dict(
    type='FramePairDataset',
    clips=dict(type='SyntheticClips', split='val', num_clips=24, frames_per_clip=24),
    image_size=64,
    gap=(1, 30),
    background=background,
    mask=('target', 'appearance'),
    prior=prior,
    for_score=True,
    seed=0)
val_cfg = dict(
    type='LabelFreeValLoop',
    pairs_dataloader=dict(
        batch_size=32, num_workers=0, num_batch_per_epoch=6,
        sampler=dict(type='DefaultSampler', shuffle=False),
        collate_fn=dict(type='default_collate'), dataset=val_pairs),
    pairs_evaluator=dict(type='LabelFreeScore', prior=prior))
test_cfg = dict(type='TestLoop')
