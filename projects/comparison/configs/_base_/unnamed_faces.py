# The clips of projects/faces_300w for points without names; a map to the joints is fitted on
# labelled training faces (regress.py).
_base_ = ['../../../../configs/_base_/datasets/loaders.py']
dataset_type = 'LabelledFramesDataset'
faces = dict(type=dataset_type, data_root='data/faces_300w', skeleton='face68',
             pipeline=_base_.test_pipeline)
train_dataloader = dict(dataset=dict(
    gap=(1, 30), uniform='clips', skeleton='face68',
    augment=dict(flip=0.5, rotate_deg=10, scale=(0.9, 1.1), shift=0.06),
    appearance_warp=dict(points=3, strength=0.06),
    clips=dict(type='FolderClips', root='data/faces_300w/clips', non_square='pad',
               skip_short=True)))
val_dataloader = test_dataloader = dict(dataset=dict(faces, ann_file='lfpw_test.npz'))
regression_dataloader = dict(
    batch_size=32, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(faces, ann_file='train.npz'))
val_cfg = dict(_delete_=True, type='ValLoop')
# While training: the first 100 test faces fit the map and are not scored. regress.py's figures count.
val_evaluator = test_evaluator = [dict(
    type='RegressedDistanceMetric', unit='keypoint_distance', n_regress=100,
    norm_joints=('right_eye_outer', 'left_eye_outer'))]
del faces
