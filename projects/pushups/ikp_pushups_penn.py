# Push-ups with Penn Action's poses of push-ups as prior (projects/pushups/README.md).
_base_ = ['../../configs/_base_/stands/upright.py']
skeleton = 'penn13'
prior = dict(_base_.prior, poses='data/pushups/prior_penn.npz', skeleton=skeleton)
own = dict(skeleton=skeleton, prior=prior)
clips = 'data/pushups/clips'
model = dict(head=dict(skeleton=skeleton))
train_dataloader = dict(dataset=dict(own, clips=dict(root=clips)))
train_cfg = dict(prior_dataloader=dict(dataset=prior))
val_pairs = dict(_base_.val_pairs, dataset=dict(
    _base_.val_pairs.dataset, clips=dict(_base_.val_pairs.dataset.clips, root=clips), **own))
val_dataloader = test_dataloader = dict(_base_.labelled_frames, dataset=dict(
    _base_.labelled_frames.dataset, data_root='data/pushups', ann_file='test_penn.npz',
    skeleton=skeleton))
val_evaluator = test_evaluator = dict(type='KeypointDistanceMetric', prior=prior)
val_cfg = dict(
    type='LabelFreeValLoop', pairs_dataloader=val_pairs,
    pairs_evaluator=dict(type='LabelFreeScore', prior=prior))
