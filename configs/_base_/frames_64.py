# What configs/ikp_frames.py fills in: clips, poses, skeleton. Networks of 64 px, for CPUs.
_base_ = ['default_runtime.py', 'models/keypoint_gan_cpu.py', 'schedules/drawn_figures_cpu.py']
data_mode = 'topdown'
model = dict(test_cfg=dict(flip_test=True))  # the mean of an image and its mirror image
dataset_type = 'LabelledFramesDataset'
collate_fn = dict(type='default_collate')
drawn = dict(
    batch_size=16, num_workers=0, sampler=dict(type='GlobalDrawSampler'), collate_fn=collate_fn)
in_order = dict(
    batch_size=32, num_workers=0, num_batch_per_epoch=6,
    sampler=dict(type='DefaultSampler', shuffle=False), collate_fn=collate_fn)
prior = dict(type='PosePriorDataset', frame='image')
pairs = dict(
    type='FramePairDataset', image_size=64,
    clips=dict(type='FolderClips', non_square='pad', skip_short=True),
    gap=(1, 30), uniform='clips')

train_dataloader = dict(drawn, dataset=pairs)
train_cfg = dict(prior_dataloader=dict(drawn, dataset=prior))
test_pipeline = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale', padding=1.0),
    dict(type='AreaTopdownAffine', input_size=(64, 64)),
    dict(
        type='PackPoseInputs',
        meta_keys=('id', 'img_id', 'img_path', 'ori_shape', 'img_shape', 'input_size',
                   'input_center', 'input_scale', 'flip', 'flip_direction', 'flip_indices',
                   'group'))
]
# Fixed pairs for the label-free score and the sheets.
val_pairs = dict(in_order, dataset=dict(
    pairs, uniform='frames', seed=0, for_score=True, pipeline=test_pipeline))
test_cfg = dict(type='TestLoop')
custom_hooks = [
    dict(type='KeypointEMAHook', momentum=0.05), dict(type='PredictionSheetHook', num_rows=12)]
# Where there are labels to score by.
labelled_frames = dict(
    batch_size=32, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(type=dataset_type, pipeline=test_pipeline))
