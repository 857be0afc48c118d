# Synthetic people at 64 px: clips, prior, validation and test share no subject and no motion.
_base_ = ['loaders.py']
dataset_type = 'SyntheticPeopleDataset'
prior = dict(
    type='PosePriorDataset', poses=dict(type='synthetic', seed=0, num_poses=10000),
    skeleton='h36m17')
# Phi sees the raw frame; what is reconstructed and what lends its appearance has the clip's own
# median removed (docs/recipe.md shows what hangs on this).
background = dict(source='clip_median', threshold=16.0, softness=8.0, blur=0.5, fill=127)
pairs = dict(gap=(1, 30), background=background, mask=('target', 'appearance'))
clips = dict(type='SyntheticClips', frames_per_clip=24)

train_dataloader = dict(
    dataset=dict(pairs, clips=dict(clips, split='train', num_clips=160), skeleton='h36m17'))
prior_dataloader = dict(dataset=prior)
val_pairs = dict(
    pairs, type='FramePairDataset', image_size=64, seed=0,
    clips=dict(clips, split='val', num_clips=24), prior=prior, for_score=True)
val_cfg = dict(pairs_dataloader=dict(dataset=val_pairs), pairs_evaluator=dict(prior=prior))
frames = dict(type=dataset_type, frames_per_clip=8, image_size=64)
val_dataloader = dict(dataset=dict(frames, split='val', num_clips=24))
test_dataloader = dict(dataset=dict(frames, split='test', num_clips=50))
# Labelled images of the training clips, for projects/comparison/regress.py: the map from found
# points to labels.
regression_dataloader = dict(
    _base_.test_dataloader,
    dataset=dict(frames, split='train', num_clips=160, pipeline=_base_.test_pipeline))
val_evaluator = [
    dict(type='KeypointDistanceMetric', prior=prior),
    # MMPose's own, unchanged; NME by the length of the torso (thorax to root).
    dict(type='PCKAccuracy', thr=0.2, norm_item='bbox', prefix='mmpose'),
    dict(type='NME', norm_mode='keypoint_distance', keypoint_indices=[8, 0], prefix='mmpose')
]
# Beside them: do the keypoint scores tell which joints are wrong? (docs/using_a_model.md)
test_evaluator = val_evaluator + [dict(type='FailurePredictionMetric')]
del pairs, clips, frames
