# Your own clips and poses: edit these lines, then tools/train.py configs/ikp_frames.py
clips = 'data/mouse/clips'  # one folder of images a clip: clips/000/0000.jpg ...
poses = 'data/mouse/prior.npz'  # `keypoints` (N, K, 2), (x, y) as fractions of the frame
skeleton = 'mouse4'  # a name, or dict(name=..., joints=[...], edges=[...])
_base_ = ['_base_/stands/from_above.py']  # how figures stand: upright, from_above or face
# Optional, to score, never to train: an npz with `files` (N,) below the folder `labels_root` and
# `keypoints` (N, K, 2), fractions of the image.
labels = None
labels_root = ''

# ---------------------------------------------------------------- nothing to edit from here on
prior = dict(_base_.prior, poses=poses, skeleton=skeleton)
background = dict(_base_.background)
if background['source'] == 'auto':
    background.update(prior=prior)
pairs = dict(
    clips=dict(root=clips), skeleton=skeleton, background=background, mask=_base_.mask)
model = dict(head=dict(skeleton=skeleton))
train_dataloader = dict(
    dataset=dict(pairs, augment=_base_.augment, appearance_warp=_base_.appearance_warp))
train_cfg = dict(prior_dataloader=dict(dataset=dict(prior, jitter=_base_.prior_jitter)))
val_pairs = dict(_base_.val_dataloader, dataset=dict(_base_.val_dataloader['dataset'], **dict(
    pairs, clips=dict(_base_.pairs['clips'], root=clips))))
score = dict(type='LabelFreeScore', prior=prior)
frames = None
if labels is None:
    val_dataloader = test_dataloader = val_pairs
    val_evaluator = test_evaluator = score
else:
    frames = dict(
        _base_.labelled_frames['dataset'], data_root=labels_root, ann_file=labels,
        skeleton=skeleton)
    val_dataloader = test_dataloader = dict(_base_.labelled_frames, _delete_=True, dataset=frames)
    distance = dict(type='KeypointDistanceMetric', prior=prior)
    val_evaluator = test_evaluator = dict(distance, _delete_=True)
    val_cfg = dict(type='LabelFreeValLoop', pairs_dataloader=val_pairs, pairs_evaluator=score)
custom_hooks = [
    dict(type='KeypointEMAHook', momentum=0.05),
    dict(type='PredictionSheetHook', pairs=val_pairs['dataset'], frames=frames, num_rows=12),
]
