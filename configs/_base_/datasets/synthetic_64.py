# Synthetic clips at 64 px: clips, prior, validation and test share no subject and no motion.
_base_ = ['loaders.py']
train_dataloader = dict(
    dataset=dict(gap=(1, 30), clips=dict(split='train', num_clips=160, frames_per_clip=24)))
val_pairs = dict(
    type='FramePairDataset', image_size=64, gap=(1, 30), seed=0,
    clips=dict(split='val', num_clips=24, frames_per_clip=24))
val_cfg = dict(pairs_dataloader=dict(dataset=val_pairs))
frames = dict(frames_per_clip=8, image_size=64)
val_dataloader = dict(dataset=dict(frames, split='val', num_clips=24))
test_dataloader = dict(dataset=dict(frames, split='test', num_clips=50))
# Labelled images of the training clips, for projects/comparison/regress.py: the map from found
# points to labels.
regression_dataloader = dict(
    _base_.test_dataloader,
    dataset=dict(frames, split='train', num_clips=160, pipeline=_base_.test_pipeline))
del frames
