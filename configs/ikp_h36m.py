# Human3.6M as MMPose's preprocess_h36m.py writes it (docs/datasets.md). A GPU.
# Clips and prior poses come from different subjects, so no pose belongs to any frame. The same
# subjects serve both with clip_half = 'first' and prior_half = 'second' (of each sequence).
data_root = 'data/h36m'
clip_subjects, clip_half = ['S1', 'S5', 'S6'], None
prior_subjects, prior_half = ['S7', 'S8'], None
test_subjects = ['S9', 'S11']
# One crop serves a whole clip, so clips are cut to so many frames (and the reference's gap of up
# to 1000 is out of reach); the prior is framed alike.
frames_per_clip = 200
scored_joints = None  # all 17, or names: ['right_wrist', 'left_wrist']

_base_ = ['_base_/frames_128.py']
dataset_type = 'H36MDataset'
model = dict(head=dict(skeleton='h36m17'))
annotations = 'annotation_body3d/fps10/'
prior = dict(type='PosePriorDataset', skeleton='h36m17', poses=dict(
    type='h36m', ann_file=f'{data_root}/{annotations}h36m_train.npz', subjects=prior_subjects,
    half=prior_half, frames_per_clip=frames_per_clip))
# 1 in 100 for the oracle baselines, framed as test frames are, each by its own box.
baseline_prior = dict(prior, poses=dict(prior['poses'], frames_per_clip=1, interval=100))
# The median of one room per subject and camera: standing figures defeat a clip's own median. Kept:
# background = None and mask=(). By given masks (docs/datasets.md): source='mask' with fill alone,
# and the clips' mask_prefix='masks' in place of background_frames.
background = dict(source='given', threshold=24.0, softness=12.0, blur=1.0, fill=127)
pairs = dict(
    type='FramePairDataset', image_size=128, gap=(1, frames_per_clip), background=background,
    mask=('target', 'appearance'), skeleton='h36m17', clips=dict(
        type='H36MClips', data_root=data_root, ann_file=annotations + 'h36m_train.npz',
        subjects=clip_subjects, half=clip_half, frames_per_clip=frames_per_clip,
        background_frames=100))
frames = dict(type=dataset_type, data_root=data_root, ann_file=annotations + 'h36m_test.npz',
              subjects=test_subjects)
# Pixels of the original frame, and percent of the input's side: a row for each activity, and mean.
distance = dict(type='KeypointDistanceMetric', group_key='group', joints=scored_joints,
                prior=baseline_prior)
val_evaluator = test_evaluator = [
    dict(distance, unit='pixels'), dict(distance, unit='image_side', prefix='percent_of_side')]
del distance

val_pairs = dict(pairs, seed=0)
train_dataloader = dict(dataset=pairs)
train_cfg = dict(prior_dataloader=dict(dataset=prior))
# A sample of the test frames while training; all of them in the test.
val_dataloader, test_dataloader = dict(dataset=dict(frames, interval=64)), dict(dataset=frames)
val_cfg = dict(pairs_dataloader=dict(dataset=val_pairs), pairs_evaluator=dict(prior=prior))
custom_hooks = [dict(type='KeypointEMAHook', momentum=0.001),
                dict(type='PredictionSheetHook', pairs=val_pairs)]
