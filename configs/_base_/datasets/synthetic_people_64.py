# Synthetic people at 64 px.
_base_ = ['synthetic_64.py']
dataset_type = 'SyntheticPeopleDataset'
prior = dict(
    type='PosePriorDataset', poses=dict(type='synthetic', seed=0, num_poses=10000),
    skeleton='h36m17')
# Phi sees the raw frame; what is reconstructed and what lends its appearance has the clip's own
# median removed (docs/recipe.md shows what hangs on this).
background = dict(source='clip_median', threshold=16.0, softness=8.0, blur=0.5, fill=127)
clips = dict(
    clips=dict(type='SyntheticClips'), background=background, mask=('target', 'appearance'))

train_dataloader = dict(dataset=dict(clips, skeleton='h36m17'))
prior_dataloader = dict(dataset=prior)
val_pairs = dict(clips, prior=prior, for_score=True)
val_cfg = dict(pairs_dataloader=dict(dataset=val_pairs), pairs_evaluator=dict(prior=prior))
val_dataloader = test_dataloader = regression_dataloader = dict(dataset=dict(type=dataset_type))
val_evaluator = [
    dict(type='KeypointDistanceMetric', prior=prior),
    # MMPose's own, unchanged; NME by the length of the torso (thorax to root).
    dict(type='PCKAccuracy', thr=0.2, norm_item='bbox', prefix='mmpose'),
    dict(type='NME', norm_mode='keypoint_distance', keypoint_indices=[8, 0], prefix='mmpose')
]
# Beside them: do the keypoint scores tell which joints are wrong? (docs/using_a_model.md)
test_evaluator = val_evaluator + [dict(type='FailurePredictionMetric')]
del clips
