# Drawn beetles from above (projects/insects/README.md).
_base_ = ['../../configs/_base_/stands/from_above.py']
legs = [f'{side}_{{}}_{row}' for side in ('left', 'right') for row in (1, 2, 3)]
skeleton = dict(
    name='beetle15',
    joints=['head', 'thorax', 'abdomen',
            *sum([[leg.format('knee'), leg.format('foot')] for leg in legs], [])],
    edges=[('head', 'thorax'), ('thorax', 'abdomen'),
           *[('thorax', leg.format('knee')) for leg in legs],
           *[(leg.format('knee'), leg.format('foot')) for leg in legs]])
prior = dict(_base_.prior, poses='data/insects/prior.npz', skeleton=skeleton)
own = dict(skeleton=skeleton, prior=prior)
clips = 'data/insects/clips'
model = dict(head=dict(skeleton=skeleton))
train_dataloader = dict(dataset=dict(own, clips=dict(root=clips)))
train_cfg = dict(prior_dataloader=dict(dataset=prior))
val_pairs = dict(_base_.val_pairs, dataset=dict(
    _base_.val_pairs.dataset, clips=dict(_base_.val_pairs.dataset.clips, root=clips), **own))
val_dataloader = test_dataloader = dict(_base_.labelled_frames, dataset=dict(
    _base_.labelled_frames.dataset, data_root='data/insects', ann_file='test.npz',
    skeleton=skeleton))
val_evaluator = test_evaluator = dict(type='KeypointDistanceMetric', prior=prior)
val_cfg = dict(
    type='LabelFreeValLoop', pairs_dataloader=val_pairs,
    pairs_evaluator=dict(type='LabelFreeScore', prior=prior))
