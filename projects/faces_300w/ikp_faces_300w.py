# Faces of YouTube Faces, tested on 300-W (projects/faces_300w/README.md).
_base_ = ['../../configs/_base_/stands/face.py']
skeleton = 'face68'
prior = dict(_base_.prior, poses='data/faces_300w/prior.npz', skeleton=skeleton)
own = dict(skeleton=skeleton, prior=prior)
clips = 'data/faces_300w/clips'
model = dict(head=dict(skeleton=skeleton))
train_dataloader = dict(dataset=dict(own, clips=dict(root=clips)))
train_cfg = dict(prior_dataloader=dict(dataset=prior))
val_pairs = dict(_base_.val_pairs, dataset=dict(
    _base_.val_pairs.dataset, clips=dict(_base_.val_pairs.dataset.clips, root=clips), **own))
val_dataloader = test_dataloader = dict(_base_.labelled_frames, dataset=dict(
    _base_.labelled_frames.dataset, data_root='data/faces_300w', ann_file='lfpw_test.npz',
    skeleton=skeleton))
val_evaluator = test_evaluator = dict(
    type='KeypointDistanceMetric', prior=prior, unit='keypoint_distance',
    norm_joints=('right_eye_outer', 'left_eye_outer'))
val_cfg = dict(
    type='LabelFreeValLoop', pairs_dataloader=val_pairs,
    pairs_evaluator=dict(type='LabelFreeScore', prior=prior))
