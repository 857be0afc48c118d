# The clips of projects/pushups for points without names; a map to the joints is fitted on the
# labelled frames of its prior (regress.py).
_base_ = ['../../../../configs/_base_/datasets/loaders.py']
dataset_type = 'LabelledFramesDataset'
frames = dict(type=dataset_type, data_root='data/pushups', skeleton='coco17',
              pipeline=_base_.test_pipeline)
train_dataloader = dict(dataset=dict(
    gap=(1, 30), uniform='clips', skeleton='coco17',
    # As for ours, the prior tells where figures stand, so that they are not taken for background.
    prior=dict(type='PosePriorDataset', poses='data/pushups/prior.npz', skeleton='coco17',
               frame='image'),
    background=dict(source='auto', threshold=16.0, softness=8.0, blur=0.7, fill=127),
    clips=dict(type='FolderClips', root='data/pushups/clips', non_square='pad',
               skip_short=True)))
val_dataloader = test_dataloader = dict(dataset=dict(frames, ann_file='test.npz'))
regression_dataloader = dict(
    batch_size=32, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(frames, ann_file='train.npz'))
val_cfg = dict(_delete_=True, type='ValLoop')
# While training: the first 100 test frames fit the map and are not scored. regress.py's figures count.
val_evaluator = test_evaluator = [dict(type='RegressedDistanceMetric', n_regress=100)]
del frames
