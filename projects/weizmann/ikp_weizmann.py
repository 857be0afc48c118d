# Weizmann's actors (projects/weizmann/README.md): a body without feet, which the camera cuts off.
_base_ = ['../../configs/_base_/stands/upright.py']
skeleton = dict(
    name='body15',
    joints=['root', 'right_hip', 'right_knee', 'left_hip', 'left_knee', 'spine', 'thorax',
            'neck_base', 'head', 'left_shoulder', 'left_elbow', 'left_wrist', 'right_shoulder',
            'right_elbow', 'right_wrist'],
    edges=[('root', 'left_hip'), ('left_hip', 'left_knee'), ('root', 'right_hip'),
           ('right_hip', 'right_knee'), ('root', 'spine'), ('spine', 'thorax'),
           ('thorax', 'neck_base'), ('neck_base', 'head'), ('thorax', 'left_shoulder'),
           ('left_shoulder', 'left_elbow'), ('left_elbow', 'left_wrist'),
           ('thorax', 'right_shoulder'), ('right_shoulder', 'right_elbow'),
           ('right_elbow', 'right_wrist')])
prior = dict(_base_.prior, poses='data/weizmann/prior.npz', skeleton=skeleton)
own = dict(skeleton=skeleton, prior=prior)
clips = 'data/weizmann/clips'
model = dict(head=dict(skeleton=skeleton))
train_dataloader = dict(dataset=dict(own, clips=dict(root=clips)))
train_cfg = dict(prior_dataloader=dict(dataset=prior))
val_pairs = dict(_base_.val_pairs, dataset=dict(
    _base_.val_pairs.dataset, clips=dict(_base_.val_pairs.dataset.clips, root=clips), **own))
val_dataloader = test_dataloader = dict(_base_.labelled_frames, dataset=dict(
    _base_.labelled_frames.dataset, data_root='data/weizmann', ann_file='labels.npz',
    skeleton=skeleton))
val_evaluator = test_evaluator = dict(type='KeypointDistanceMetric', prior=prior)
val_cfg = dict(
    type='LabelFreeValLoop', pairs_dataloader=val_pairs,
    pairs_evaluator=dict(type='LabelFreeScore', prior=prior))
