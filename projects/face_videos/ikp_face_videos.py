# Real talking faces at 64 px, landmarks of other people's faces as the prior
# (projects/face_videos/README.md). No frame is labelled.
_base_ = [
    '../../configs/_base_/default_runtime.py',
    '../../configs/_base_/models/keypoint_gan_cpu.py',
    '../../configs/_base_/schedules/two_stage_cpu.py',
    '../../configs/_base_/datasets/loaders.py',
]
clips = 'data/face_clips'
# Whole people, never seen in training: glasses, long hair, a moustache.
held_out_people = ['grid_lbax4n/*', 'grid_lrwp9a/*', 'grid_swiz3n/*']
# His head is turned farther than the prior's, who are near-frontal.
left_out = ['3ddfa_obama/*']
model = dict(
    head=dict(skeleton='face68'),
    # As configs/ikp_synthetic_faces.py.
    foreground_gain=10.0,
    generator=dict(feature_size=16),
    loss_gan=dict(loss_weight=1.0),
    equivariance=dict(weight=2.0, rotate_deg=15, scale=(0.9, 1.1), shift=0.05))

# Framed as tools/prepare_videos.py --crop face frames the clips: the landmarks' box fills 1 / 1.3.
prior = dict(
    type='PosePriorDataset', skeleton='face68',
    poses=dict(
        type='landmarks_array', path='data/landmarks68/AFLW2000-3D-Reannotated.pts68.npy',
        padding=1.3, max_yaw_deg=15))
# The face fills the frame, and the camera follows it: no background can be told from it, and none is
# removed. The clip's median tells what moves. Clips are drawn alike, whatever their length: one man
# has 800 of the 1,751 frames.
pairs = dict(
    type='FramePairDataset', image_size=64, gap=(3, 75), uniform='clips', skeleton='face68',
    background=dict(source='clip_median', threshold=16.0, softness=12.0, blur=0.7), mask=[],
    clips=dict(type='FolderClips', root=clips, exclude=held_out_people + left_out))
held_out_pairs = dict(
    pairs, seed=0, uniform='frames',
    clips=dict(type='FolderClips', root=clips, include=held_out_people))

# The crop puts every face in the same place, where the mean pose already fits. Both are moved alike,
# so that Phi has something to find, and the frame that lends its appearance is warped, so that its
# places do not tell Psi what the points should.
moved = dict(flip=0.5, rotate_deg=10, scale=(0.9, 1.1), shift=0.06)
train_dataloader = dict(
    dataset=dict(pairs, augment=moved, appearance_warp=dict(points=3, strength=0.06)))
# A shorter stage two than the base schedule's.
train_cfg = dict(
    max_iters=1700, val_interval=100,
    prior_dataloader=dict(_base_.pop('prior_dataloader'), dataset=dict(prior, jitter=moved)))
decay = dict(begin=1300, end=1700, T_max=400)
param_scheduler = dict(
    translator=[dict(_base_.decay, **decay)],
    discriminator=[dict(_base_.decay, **decay)],
    head=[dict(_base_.param_scheduler['head'][0], end=1700), dict(_base_.decay, **decay)])
# No labelled frames: the pairs are all there is to score.
val_dataloader = test_dataloader = dict(
    _base_.val_cfg.pairs_dataloader, _delete_=True, dataset=held_out_pairs)
val_evaluator = test_evaluator = dict(type='LabelFreeScore', prior=prior)
val_cfg = dict(_delete_=True, type='ValLoop')
custom_hooks = [
    dict(type='KeypointEMAHook', momentum=0.05),
    dict(type='PredictionSheetHook', pairs=held_out_pairs, num_rows=12),
]
