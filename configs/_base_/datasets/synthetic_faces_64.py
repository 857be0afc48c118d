# Synthetic faces at 64 px: clips, prior, validation and test share no face and no motion.
dataset_type = 'SyntheticFacesDataset'
data_mode = 'topdown'
prior = dict(
    type='PosePriorDataset', poses=dict(type='synthetic_faces', seed=0, num_poses=10000),
    skeleton='face68')

# The whole frame is reconstructed, as in the released method for faces: a head moves too little for
# a clip's median to leave it out. What moves against the median only weighs more
# (model.foreground_gain).
background = dict(source='clip_median', threshold=16.0, softness=12.0, blur=0.7)
train_dataloader = dict(
    batch_size=16,
    num_workers=0,
    sampler=dict(type='GlobalDrawSampler'),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='FramePairDataset',
        clips=dict(type='SyntheticFaceClips', split='train', num_clips=160, frames_per_clip=24),
        image_size=64,
        gap=(1, 30),
        background=background,
        mask=[],
        skeleton='face68'))
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
        type='SyntheticFacesDataset', split='train', num_clips=160, frames_per_clip=8,
        image_size=64, pipeline=test_pipeline))
val_evaluator = [
    # In percent of the image side, and of the distance between the outer corners of the eyes.
    dict(type='KeypointDistanceMetric', prior=prior),
    dict(type='KeypointDistanceMetric', unit='keypoint_distance',
         norm_joints=('right_eye_outer', 'left_eye_outer'), prior=prior, prefix='interocular'),
    # MMPose's own, unchanged, by the same two landmarks.
    dict(type='NME', norm_mode='keypoint_distance', keypoint_indices=[36, 45], prefix='mmpose')
]
# Beside them: do the keypoint scores tell which joints are wrong? (docs/confidence.md)
test_evaluator = val_evaluator + [dict(type='FailurePredictionMetric')]

# Frame pairs of held-out clips: the label-free score and the sheets are made from them.
val_pairs = dict(
    type='FramePairDataset',
    clips=dict(type='SyntheticFaceClips', split='val', num_clips=24, frames_per_clip=24),
    image_size=64,
    gap=(1, 30),
    background=background,
    mask=[],
    seed=0)
val_cfg = dict(
    type='LabelFreeValLoop',
    pairs_dataloader=dict(
        batch_size=32, num_workers=0, num_batch_per_epoch=6,
        sampler=dict(type='DefaultSampler', shuffle=False),
        collate_fn=dict(type='default_collate'), dataset=val_pairs),
    pairs_evaluator=dict(type='LabelFreeScore', prior=prior))
test_cfg = dict(type='TestLoop')
