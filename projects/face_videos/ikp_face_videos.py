# Real talking faces at 64 px, landmarks of other people's faces as the prior
# (projects/face_videos/README.md). No frame is labelled.
_base_ = [
    '../../configs/_base_/default_runtime.py',
    '../../configs/_base_/models/keypoint_gan_cpu.py',
    '../../configs/_base_/schedules/two_stage_cpu.py',
]
data_mode = 'topdown'
clips = 'data/face_clips'
# Whole people, never seen in training: glasses, long hair, a moustache.
held_out_people = ['grid_lbax4n/*', 'grid_lrwp9a/*', 'grid_swiz3n/*']
# His head is turned farther than the prior's, who are near-frontal.
left_out = ['3ddfa_obama/*']
# Upright faces: little turning, free mirroring.
turning = dict(rotate_deg=15, scale=(0.9, 1.1), shift=0.05, flip=0.5)
model = dict(
    # Thinner lines than for bodies: lips and eyelids lie close together.
    head=dict(skeleton='face68', renderer=dict(sigma=0.06)),
    equivariance=turning,
    head_augment=turning)

# Framed as tools/prepare_videos.py --crop face frames the clips: the landmarks' box fills 1 / 1.3.
prior = dict(
    type='PosePriorDataset', skeleton='face68',
    poses=dict(
        type='landmarks_array', path='data/landmarks68/AFLW2000-3D-Reannotated.pts68.npy',
        padding=1.3, max_yaw_deg=15))
# The face fills the frame, and the camera follows it: no background can be told from it. Clips are
# drawn alike, whatever their length: one man has 800 of the 1,751 frames.
pairs = dict(
    type='FramePairDataset', image_size=64, gap=(3, 75), uniform='clips', skeleton='face68',
    clips=dict(type='FolderClips', root=clips, exclude=held_out_people + left_out))
held_out_pairs = dict(
    pairs, seed=0, uniform='frames',
    clips=dict(type='FolderClips', root=clips, include=held_out_people))

train_dataloader = dict(
    batch_size=16, num_workers=0, sampler=dict(type='GlobalDrawSampler'),
    collate_fn=dict(type='default_collate'), dataset=pairs)
train_cfg = dict(
    prior_dataloader=dict(
        batch_size=16, num_workers=0, sampler=dict(type='GlobalDrawSampler'),
        collate_fn=dict(type='default_collate'),
        dataset=dict(prior, jitter=dict(flip=0.5, rotate_deg=5, scale=(0.95, 1.05), shift=0.03))))
val_dataloader = test_dataloader = dict(
    batch_size=32, num_workers=0, num_batch_per_epoch=6,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='default_collate'), dataset=held_out_pairs)
val_evaluator = test_evaluator = dict(type='LabelFreeScore', prior=prior)
val_cfg, test_cfg = dict(type='ValLoop'), dict(type='TestLoop')
custom_hooks = [
    dict(type='KeypointEMAHook', momentum=0.05),
    dict(type='PredictionSheetHook', pairs=held_out_pairs, num_rows=12),
]
