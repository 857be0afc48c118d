# 300-W training faces with their labels, and the test faces of projects/faces_300w. The top-level
# config names the pipeline.
_base_ = ['../../../../configs/_base_/datasets/loaders.py']
dataset_type = 'LabelledFramesDataset'
faces = dict(type=dataset_type, data_root='data/faces_300w', skeleton='face68')
train_dataloader = dict(
    _delete_=True, batch_size=16, num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(faces, ann_file='train.npz', test_mode=False))
val_dataloader = test_dataloader = dict(
    dataset=dict(faces, ann_file='lfpw_test.npz', pipeline=_base_.test_pipeline))
val_cfg = dict(_delete_=True, type='ValLoop')
# Percent of the distance between the outer corners of the eyes.
val_evaluator = test_evaluator = [dict(
    type='KeypointDistanceMetric', unit='keypoint_distance', modes=('direct', 'flip_aware'),
    norm_joints=('right_eye_outer', 'left_eye_outer'))]
del faces
