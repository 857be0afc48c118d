# Synthetic faces at 64 px.
_base_ = ['synthetic_64.py']
dataset_type = 'SyntheticFacesDataset'
prior = dict(
    type='PosePriorDataset', poses=dict(type='synthetic_faces', seed=0, num_poses=10000),
    skeleton='face68')
# The whole frame is reconstructed, as in the released method for faces: a head moves too little for
# a clip's median to leave it out. What moves against the median only weighs more
# (model.foreground_gain).
background = dict(source='clip_median', threshold=16.0, softness=12.0, blur=0.7)
clips = dict(clips=dict(type='SyntheticFaceClips'), background=background, mask=[])

train_dataloader = dict(dataset=dict(clips, skeleton='face68'))
prior_dataloader = dict(dataset=prior)
val_pairs = clips
val_cfg = dict(pairs_dataloader=dict(dataset=val_pairs), pairs_evaluator=dict(prior=prior))
val_dataloader = test_dataloader = regression_dataloader = dict(dataset=dict(type=dataset_type))
val_evaluator = [
    # In percent of the image side, and of the distance between the outer corners of the eyes.
    dict(type='KeypointDistanceMetric', prior=prior),
    dict(type='KeypointDistanceMetric', unit='keypoint_distance',
         norm_joints=('right_eye_outer', 'left_eye_outer'), prior=prior, prefix='interocular'),
    # MMPose's own, unchanged, by the same two landmarks.
    dict(type='NME', norm_mode='keypoint_distance', keypoint_indices=[36, 45], prefix='mmpose')
]
# Beside them: do the keypoint scores tell which joints are wrong? (docs/using_a_model.md)
test_evaluator = val_evaluator + [dict(type='FailurePredictionMetric')]
del clips
