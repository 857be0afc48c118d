# Talking faces without a label (projects/talking_faces/README.md): six people are held out.
_base_ = ['../../configs/_base_/stands/face.py']
skeleton = 'face68'
prior = dict(_base_.prior, poses='data/faces_300w/prior.npz', skeleton=skeleton)
own = dict(skeleton=skeleton, prior=prior)
clips = 'data/talking_faces/clips'
held_out = ['grid_lbax4n/*', 'grid_lrwp9a/*', 'grid_swiz3n/*', 'd9/*', 'd12/*', 'd19/*']
model = dict(head=dict(skeleton=skeleton))
train_dataloader = dict(dataset=dict(own, clips=dict(root=clips, exclude=held_out)))
train_cfg = dict(prior_dataloader=dict(dataset=prior))
val_dataloader = test_dataloader = val_pairs = dict(_base_.val_pairs, dataset=dict(
    _base_.val_pairs.dataset, **own,
    clips=dict(_base_.val_pairs.dataset.clips, root=clips, include=held_out)))
val_evaluator = test_evaluator = dict(type='LabelFreeScore', prior=prior)
val_cfg = dict(type='ValLoop')
