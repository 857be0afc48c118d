# Faces: clips of VoxCeleb2, poses of Multi-PIE, tested on 300-W (docs/datasets.md). A GPU.
# The three share no image, so no pose belongs to any frame.
clip_root = 'data/voxceleb2'
prior_root = 'data/MPie_Labels/labels'
data_root = 'data/300w'
# Side of the frame / side of the landmarks' square box, of prior and test faces alike. It must be
# what the clips show; check it on your copy with tools/browse_dataset.py.
face_padding = 1.6

_base_ = ['_base_/frames_128.py']
dataset_type = 'NamedFace300WDataset'
model = dict(head=dict(skeleton='face68'))
prior = dict(type='PosePriorDataset', skeleton='face68',
             poses=dict(type='multi_pie', root=prior_root, padding=face_padding))
# A detector's box does not sit on the landmarks as their own box does.
train_prior = dict(prior, jitter=dict(flip=0.5, rotate_deg=10, scale=(0.9, 1.1), shift=0.1))
# Videos are opened when drawn. No background is removed: faces fill the frame and the room moves.
pairs = dict(type='FramePairDataset', image_size=128, gap=(1, 125), uniform='clips',
             skeleton='face68', clips=dict(type='VoxCeleb2Clips', root=clip_root, splits=['dev']))
val_pairs = dict(pairs, clips=dict(pairs['clips'], splits=['test']), seed=0)
test_pipeline = [dict(step, padding=face_padding) if step['type'] == 'GetBBoxCenterScale' else step
                 for step in _base_.test_pipeline]
# The full set, 689 faces: 554 common and 135 challenge ones.
frames = dict(
    type=dataset_type, data_root=data_root, ann_file='annotations/face_landmarks_300w_valid.json',
    data_prefix=dict(img='images/'), test_mode=True, pipeline=test_pipeline)
# Percent of the distance between the outer corners of the eyes, mean over all faces ("full").
outer_corners = ['right_eye_outer', 'left_eye_outer']
distance = dict(type='KeypointDistanceMetric', unit='keypoint_distance', norm_joints=outer_corners)
val_evaluator = test_evaluator = [
    dict(distance, prior=prior),
    # Its table of groups has common and challenge; its headline is the mean of the two.
    dict(distance, group_key='group', prefix='mean_of_subsets'),
    dict(distance, prefix='five_points', landmarks=dict(
        right_eye=['right_eye_outer', 'right_eye_upper_1', 'right_eye_upper_2', 'right_eye_inner',
                   'right_eye_lower_2', 'right_eye_lower_1'],
        left_eye=['left_eye_inner', 'left_eye_upper_2', 'left_eye_upper_1', 'left_eye_outer',
                  'left_eye_lower_1', 'left_eye_lower_2'],
        nose_tip=['nose_bridge_4'], right_mouth_corner=['right_mouth_corner'],
        left_mouth_corner=['left_mouth_corner'])),
    # MMPose's own, unchanged: as a fraction.
    dict(type='NME', norm_mode='keypoint_distance', keypoint_indices=[36, 45], prefix='mmpose')]
del distance

train_dataloader = dict(dataset=pairs)
train_cfg = dict(prior_dataloader=dict(dataset=train_prior))
val_dataloader = test_dataloader = dict(dataset=frames)
val_cfg = dict(pairs_dataloader=dict(dataset=val_pairs), pairs_evaluator=dict(prior=prior))
custom_hooks = [dict(type='KeypointEMAHook', momentum=0.001),
                dict(type='PredictionSheetHook', pairs=val_pairs, frames=frames)]
