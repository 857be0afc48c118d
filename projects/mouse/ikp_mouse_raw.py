# The mice from the raw DeepLabCut project (projects/mouse/README.md). Clips and boxes are made by
# tools/prepare_videos.py, without a label. Prior: the first 58 labelled frames; test: the last 58.
_base_ = ['../../configs/_base_/stands/from_above.py']
skeleton = 'mouse4'
project = 'data/openfield_mouse'
boxes = 'data/mouse_boxes.csv'
prior = dict(
    type='PosePriorDataset', skeleton=skeleton,
    poses=dict(type='deeplabcut', path=project, subset=(0, 58), box=boxes))
own = dict(skeleton=skeleton, prior=prior)
clips = 'data/mouse_clips'
model = dict(head=dict(skeleton=skeleton))
train_dataloader = dict(dataset=dict(own, clips=dict(root=clips)))
train_cfg = dict(prior_dataloader=dict(dataset=dict(prior, frame=None)))
val_pairs = dict(_base_.val_pairs, dataset=dict(
    _base_.val_pairs.dataset, clips=dict(_base_.val_pairs.dataset.clips, root=clips), **own))
val_dataloader = test_dataloader = dict(_base_.labelled_frames, dataset=dict(
    type='DeepLabCutFramesDataset', ann_file=project, skeleton=skeleton, subset=(58, None),
    box=boxes, pipeline=_base_.test_pipeline))
val_evaluator = test_evaluator = dict(type='KeypointDistanceMetric', prior=prior)
val_cfg = dict(
    type='LabelFreeValLoop', pairs_dataloader=val_pairs,
    pairs_evaluator=dict(type='LabelFreeScore', prior=prior))
