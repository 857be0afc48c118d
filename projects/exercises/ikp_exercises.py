# Exercises, tested on stills of sports (projects/exercises/README.md).
_base_ = ['../../configs/_base_/stands/upright.py']
skeleton = 'lsp14'
prior = dict(_base_.prior, poses='data/exercises/prior.npz', skeleton=skeleton)
own = dict(skeleton=skeleton, prior=prior)
clips = 'data/exercises/clips'
model = dict(head=dict(skeleton=skeleton))
train_dataloader = dict(dataset=dict(own, clips=dict(root=clips)))
train_cfg = dict(prior_dataloader=dict(dataset=prior))
val_pairs = dict(_base_.val_pairs, dataset=dict(
    _base_.val_pairs.dataset, clips=dict(_base_.val_pairs.dataset.clips, root=clips), **own))
val_dataloader = test_dataloader = dict(_base_.labelled_frames, dataset=dict(
    _base_.labelled_frames.dataset, data_root='data/exercises', ann_file='test.npz',
    skeleton=skeleton))
val_evaluator = test_evaluator = dict(type='KeypointDistanceMetric', prior=prior)
val_cfg = dict(
    type='LabelFreeValLoop', pairs_dataloader=val_pairs,
    pairs_evaluator=dict(type='LabelFreeScore', prior=prior))
