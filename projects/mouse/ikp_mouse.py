# Mice seen from above (projects/mouse/README.md).
_base_ = ['../../configs/_base_/stands/from_above.py']
skeleton = 'mouse4'
prior = dict(_base_.prior, poses='data/mouse/prior.npz', skeleton=skeleton)
own = dict(skeleton=skeleton, prior=prior)
clips = 'data/mouse/clips'
model = dict(head=dict(skeleton=skeleton))
train_dataloader = dict(dataset=dict(own, clips=dict(root=clips)))
train_cfg = dict(prior_dataloader=dict(dataset=prior))
val_pairs = dict(_base_.val_pairs, dataset=dict(
    _base_.val_pairs.dataset, clips=dict(_base_.val_pairs.dataset.clips, root=clips), **own))
val_dataloader = test_dataloader = dict(_base_.labelled_frames, dataset=dict(
    _base_.labelled_frames.dataset, data_root='data/mouse', ann_file='test_labels.npz',
    skeleton=skeleton))
val_evaluator = test_evaluator = dict(type='KeypointDistanceMetric', prior=prior)
val_cfg = dict(
    type='LabelFreeValLoop', pairs_dataloader=val_pairs,
    pairs_evaluator=dict(type='LabelFreeScore', prior=prior))
