# Your own clips and poses. Edit the three lines below; the values shown are those of the mouse
# example in docs/own_frames.md.
clips = 'data/mouse/clips'  # one folder of square images a clip: clips/000/0000.jpg ...
poses = 'data/mouse/prior.npz'  # `keypoints` (N, K, 2), (x, y) as fractions of the frame
skeleton = dict(
    name='mouse',
    joints=['snout', 'leftear', 'rightear', 'tailbase'],
    edges=[('snout', 'leftear'), ('snout', 'rightear'), ('leftear', 'tailbase'),
           ('rightear', 'tailbase'), ('snout', 'tailbase')])

# Optional: an npz with `files` (N,) below the folder `labels_root` and `keypoints` (N, K, 2),
# fractions of the image. Used to score, never to train. None: the label-free score alone.
labels = 'test_labels.npz'
labels_root = 'data/mouse'
# Where the background of a clip comes from: 'given' (<clip>.background.jpg beside the clip's
# folder), 'clip_median' (the figure must move) or 'camera_median' (with camera_pattern).
background = dict(source='given', threshold=16.0, softness=8.0, blur=1.0, fill=127)
# How the prior is turned, scaled and shifted. If figures may face any way, start with the prior as
# it was recorded, so that head and tail find their place, then widen it (docs/own_frames.md,
# "Reversed as a whole"). Numbers of a ramp are draws: iterations x batch size, stage one included.
prior_jitter = dict(
    rotate_deg=dict(start=20, end=60, begin=19200, until=24000), scale=(0.9, 1.1), shift=0.1)
# A figure turned and moved is found turned and moved. For upright figures rotate_deg=20.
equivariance = dict(weight=20.0, rotate_deg=90, scale=(0.9, 1.1), shift=0.1, flip=0.5)
# How much further than the prior eta learns to read. Not so far that it can read the whole
# solution reversed: what eta cannot read cannot become the solution.
head_augment = dict(rotate_deg=45, scale=(0.9, 1.1), shift=0.1)

# Holds the whole solution the way round that the prior has on average; 0 if figures face every way
# equally often.
mean_pose_weight = 10.0

# ---------------------------------------------------------------- nothing to edit from here on
_base_ = [
    '_base_/default_runtime.py',
    '_base_/models/keypoint_gan_cpu.py',
    '_base_/schedules/two_stage_cpu.py',
]
dataset_type = 'LabelledFramesDataset'
data_mode = 'topdown'
model = dict(
    head=dict(skeleton=skeleton), equivariance=equivariance, head_augment=head_augment,
    mean_pose_weight=mean_pose_weight)
prior = dict(type='PosePriorDataset', poses=poses, frame='image', skeleton=skeleton)
pairs = dict(
    type='FramePairDataset', clips=dict(type='FolderClips', root=clips), image_size=64,
    gap=(1, 30), background=background, mask=('target', 'appearance'), skeleton=skeleton)
# Fixed pairs, as they are, for the label-free score and the sheets.
val_pairs = dict(pairs, seed=0)

train_dataloader = dict(
    batch_size=16, num_workers=0, sampler=dict(type='GlobalDrawSampler'),
    collate_fn=dict(type='default_collate'), dataset=pairs)
train_cfg = dict(
    prior_dataloader=dict(
        batch_size=16, num_workers=0, sampler=dict(type='GlobalDrawSampler'),
        collate_fn=dict(type='default_collate'), dataset=dict(prior, jitter=prior_jitter)))

pairs_dataloader = dict(
    batch_size=32, num_workers=0, num_batch_per_epoch=6,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='default_collate'), dataset=val_pairs)
test_pipeline = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale', padding=1.0),
    dict(type='TopdownAffine', input_size=(64, 64)),
    dict(
        type='PackPoseInputs',
        meta_keys=('id', 'img_id', 'img_path', 'ori_shape', 'img_shape', 'input_size',
                   'input_center', 'input_scale', 'flip', 'flip_direction', 'flip_indices',
                   'group'))
]
if labels is None:
    frames = None
    val_dataloader = test_dataloader = pairs_dataloader
    val_evaluator = test_evaluator = dict(type='LabelFreeScore', prior=prior)
    val_cfg, test_cfg = dict(type='ValLoop'), dict(type='TestLoop')
else:
    frames = dict(
        type=dataset_type, data_root=labels_root, ann_file=labels, skeleton=skeleton,
        pipeline=test_pipeline)
    val_dataloader = test_dataloader = dict(
        batch_size=32, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
        dataset=frames)
    val_evaluator = [dict(type='KeypointDistanceMetric', prior=prior)]
    test_evaluator = [*val_evaluator, dict(type='FailurePredictionMetric')]
    val_cfg = dict(
        type='LabelFreeValLoop', pairs_dataloader=pairs_dataloader,
        pairs_evaluator=dict(type='LabelFreeScore', prior=prior))
    test_cfg = dict(type='TestLoop')
custom_hooks = [
    dict(type='KeypointEMAHook', momentum=0.05),
    dict(type='PredictionSheetHook', pairs=val_pairs, frames=frames, num_rows=12),
]
