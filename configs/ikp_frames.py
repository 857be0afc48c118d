# Your own clips and poses: edit these lines, then tools/train.py configs/ikp_frames.py
clips = 'data/mouse/clips'  # one folder of images a clip: clips/000/0000.jpg ...
poses = 'data/mouse/prior.npz'  # `keypoints` (N, K, 2), (x, y) as fractions of the frame
skeleton = 'mouse4'  # a name, or dict(name=..., joints=[...], edges=[...])
_base_ = ['_base_/stands/from_above.py']  # how figures stand: upright, from_above or face
size = 64  # side of the network's images: 64 for a CPU, 96 or 128 for a GPU
# To score, never to train, if you have any: labels = 'test_labels.npz', with `files` (N,) below the
# folder `labels_root` and `keypoints` (N, K, 2), fractions of the image.
labels = None
labels_root = ''

# ---------------------------------------------------------------- nothing to edit from here on
prior = dict(_base_.prior, poses=poses, skeleton=skeleton)
own = dict(skeleton=skeleton, prior=prior)
codec = dict(_base_.codec, input_size=(size, size))
finer = dict(image_size=size, skeleton_size=size // 2)
model = dict(
    backbone=finer,
    head=dict(
        skeleton=skeleton, skeleton_size=size // 2, heatmap_size=size // 8, decoder=codec),
    generator=dict(
        finer, feature_size=_base_.model.generator.feature_size * size // 64),
    discriminator=dict(skeleton_size=size // 2))
test_pipeline = [
    dict(step, input_size=(size, size)) if step['type'] == 'AreaTopdownAffine' else step
    for step in _base_.test_pipeline
]
own.update(image_size=size)
train_dataloader = dict(dataset=dict(own, clips=dict(root=clips)))
train_cfg = dict(prior_dataloader=dict(dataset=prior))
val_pairs = dict(_base_.val_pairs, dataset=dict(
    {**_base_.val_pairs.dataset, **own}, pipeline=test_pipeline,
    clips=dict(_base_.val_pairs.dataset.clips, root=clips)))
score = dict(type='LabelFreeScore', prior=prior)
if labels is None:
    val_dataloader = test_dataloader = val_pairs
    val_evaluator = test_evaluator = score
    val_cfg = dict(type='ValLoop')
else:
    val_dataloader = test_dataloader = dict(_base_.labelled_frames, dataset=dict(
        _base_.labelled_frames.dataset, data_root=labels_root, ann_file=labels,
        skeleton=skeleton, pipeline=test_pipeline))
    val_evaluator = test_evaluator = dict(type='KeypointDistanceMetric', prior=prior)
    val_cfg = dict(type='LabelFreeValLoop', pairs_dataloader=val_pairs, pairs_evaluator=score)
