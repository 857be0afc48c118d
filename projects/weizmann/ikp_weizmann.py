# Real people at 64 px who stand still, mocap with arms swung as the prior: configs/ikp_frames.py
# with its lines edited (projects/weizmann/README.md). No frame is labelled.
_base_ = ['../../configs/ikp_frames.py']
# The camera cuts the legs off at the knee: a body without feet.
body15 = dict(
    name='body15',
    joints=['root', 'right_hip', 'right_knee', 'left_hip', 'left_knee', 'spine', 'thorax',
            'neck_base', 'head', 'left_shoulder', 'left_elbow', 'left_wrist', 'right_shoulder',
            'right_elbow', 'right_wrist'],
    edges=[('root', 'left_hip'), ('left_hip', 'left_knee'), ('root', 'right_hip'),
           ('right_hip', 'right_knee'), ('root', 'spine'), ('spine', 'thorax'),
           ('thorax', 'neck_base'), ('neck_base', 'head'), ('thorax', 'left_shoulder'),
           ('left_shoulder', 'left_elbow'), ('left_elbow', 'left_wrist'),
           ('thorax', 'right_shoulder'), ('right_shoulder', 'right_elbow'),
           ('right_elbow', 'right_wrist')])
upright = dict(rotate_deg=20, scale=(0.85, 1.15), shift=0.1, flip=0.5)
model = dict(
    head=dict(skeleton=body15),
    equivariance=dict(_delete_=True, weight=5.0, **upright),
    head_augment=dict(_delete_=True, **upright))
# Whole bodies in the middle of the frame, enlarged and lowered until head and knees lie where
# tools/browse_dataset.py sees those of the clips.
people_prior = dict(
    type='PosePriorDataset', skeleton=body15, poses=dict(
        type='file', path='data/weizmann_prior.npz', frame='image',
        placement=dict(scale=1.35, offset=(0.0, 0.21))))
# The wall is lit differently for each actor, and an actor who stands still is in his own median:
# a high quantile over all actors' clips.
people_pairs = dict(
    type='FramePairDataset', image_size=64, gap=(1, 60), skeleton=body15,
    clips=dict(type='FolderClips', root='data/weizmann', include=['actor[0-6]/*']),
    background=dict(
        source='camera_median', camera_pattern='()', same_light=False, quantile=0.8,
        threshold=24.0, softness=12.0, blur=1.0, fill=127),
    mask=('target', 'appearance'))
held_out_pairs = dict(
    people_pairs, seed=0,
    clips=dict(type='FolderClips', root='data/weizmann', include=['actor[78]/*']))

train_dataloader = dict(dataset=dict(_delete_=True, **people_pairs))
train_cfg = dict(
    prior_dataloader=dict(
        dataset=dict(
            _delete_=True, **people_prior, jitter=dict(shift=0.05, scale=(0.9, 1.1)))))
held_out = dict(
    batch_size=32, num_workers=0, num_batch_per_epoch=6,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='default_collate'), dataset=held_out_pairs)
val_dataloader = dict(_delete_=True, **held_out)
test_dataloader = dict(_delete_=True, **held_out)
val_evaluator = dict(_delete_=True, type='LabelFreeScore', prior=people_prior)
test_evaluator = dict(_delete_=True, type='LabelFreeScore', prior=people_prior)
val_cfg = dict(_delete_=True, type='ValLoop')
custom_hooks = [
    dict(type='KeypointEMAHook', momentum=0.05),
    dict(type='PredictionSheetHook', pairs=held_out_pairs, num_rows=12),
]
