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
from ikp_mm.own_frames import fill_in

train_file, test_file = (f'annotation_body3d/fps10/h36m_{part}.npz' for part in ('train', 'test'))
poses = dict(type='h36m', ann_file=f'{data_root}/{train_file}', subjects=prior_subjects,
             half=prior_half, frames_per_clip=frames_per_clip)
# The median of one room per subject and camera: standing figures defeat a clip's own median. Kept:
# background = None. By given masks (docs/datasets.md): source='mask' with fill alone, and the
# clips' mask_prefix='masks' in place of background_frames.
background = dict(source='given', threshold=24.0, softness=12.0, blur=1.0, fill=127)
fill_in(
    _base_, poses=poses, skeleton='h36m17',
    pairs=dict(gap=(1, frames_per_clip), background=background),
    clips=dict(type='H36MClips', data_root=data_root, ann_file=train_file, subjects=clip_subjects,
               half=clip_half, frames_per_clip=frames_per_clip, background_frames=100),
    labels=dict(
        type='H36MDataset', data_root=data_root, ann_file=test_file, subjects=test_subjects))
# A sample of the test frames while training; all of them in the test.
val_dataloader = dict(dataset=dict(interval=64))
# Pixels of the original frame, and percent of the input's side: a row for each activity, and mean.
# 1 in 100 poses for the oracle baselines, framed as test frames are, each by its own box.
distance = dict(type='KeypointDistanceMetric', group_key='group', joints=scored_joints, prior=dict(
    type='PosePriorDataset', skeleton='h36m17', poses=dict(poses, frames_per_clip=1, interval=100)))
val_evaluator = test_evaluator = [
    dict(distance, unit='pixels'), dict(distance, unit='image_side', prefix='percent_of_side')]
del distance
