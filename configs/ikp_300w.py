# Faces: clips of VoxCeleb2, poses of Multi-PIE, tested on 300-W (docs/datasets.md). A GPU.
# The three share no image, so no pose belongs to any frame.
clip_root = 'data/voxceleb2'
prior_root = 'data/MPie_Labels/labels'
data_root = 'data/300w'
# Side of the frame / side of the landmarks' square box, of prior and test faces alike. It must be
# what the clips show; check it on your copy with tools/browse_dataset.py.
face_padding = 1.6

_base_ = ['_base_/frames_128.py']
from ikp_mm.own_frames import fill_in

# Videos are opened when drawn. No background is removed: faces fill the frame and the room moves.
# Tested on the full set, 689 faces: 554 common and 135 challenge ones.
poses = dict(type='multi_pie', root=prior_root, padding=face_padding)
fill_in(_base_, clips=dict(type='VoxCeleb2Clips', root=clip_root, splits=['dev']), poses=poses,
        skeleton='face68', padding=face_padding, pairs=dict(gap=(1, 125), uniform='clips'),
        labels=dict(
            type='NamedFace300WDataset', data_root=data_root, data_prefix=dict(img='images/'),
            ann_file='annotations/face_landmarks_300w_valid.json', test_mode=True))
# A detector's box does not sit on the landmarks as their own box does.
train_cfg = dict(prior_dataloader=dict(dataset=dict(
    jitter=dict(flip=0.5, rotate_deg=10, scale=(0.9, 1.1), shift=0.1))))
val_cfg = dict(pairs_dataloader=dict(dataset=dict(clips=dict(splits=['test']))))
# Percent of the distance between the outer corners of the eyes, mean over all faces ("full").
outer_corners = ['right_eye_outer', 'left_eye_outer']
distance = dict(type='KeypointDistanceMetric', unit='keypoint_distance', norm_joints=outer_corners)
val_evaluator = test_evaluator = [
    dict(distance, prior=dict(type='PosePriorDataset', poses=poses, skeleton='face68')),
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
