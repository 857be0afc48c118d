# What configs/ikp_frames.py fills in: clips, poses, skeleton. Networks of 64 px, for CPUs.
_base_ = ['default_runtime.py', 'models/keypoint_gan_cpu.py', 'schedules/drawn_figures_cpu.py']
data_mode = 'topdown'
dataset_type = 'LabelledFramesDataset'
collate_fn = dict(type='default_collate')
drawn = dict(
    batch_size=16, num_workers=0, sampler=dict(type='GlobalDrawSampler'), collate_fn=collate_fn)
in_order = dict(
    batch_size=32, num_workers=0, num_batch_per_epoch=6,
    sampler=dict(type='DefaultSampler', shuffle=False), collate_fn=collate_fn)
prior = dict(type='PosePriorDataset', frame='image')
pairs = dict(
    type='FramePairDataset', clips=dict(type='FolderClips', non_square='pad', skip_short=True), image_size=64,
    gap=(1, 30), uniform='clips')

train_dataloader = dict(drawn, dataset=pairs)
train_cfg = dict(prior_dataloader=dict(drawn, dataset=prior))
# Fixed pairs for the label-free score and the sheets.
val_dataloader = test_dataloader = dict(in_order, dataset=dict(pairs, seed=0))
val_cfg, test_cfg = dict(type='ValLoop'), dict(type='TestLoop')
val_evaluator = test_evaluator = dict(type='LabelFreeScore', prior=prior)
test_pipeline = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale', padding=1.0),
    dict(type='TopdownAffine', input_size=(64, 64)),
    dict(
        type='PackPoseInputs',
        meta_keys=('id', 'img_id', 'img_path', 'ori_shape', 'img_shape', 'input_size',
                   'input_center', 'input_scale', 'flip', 'flip_direction', 'flip_indices',
                   'group'))
]
labelled_frames = dict(
    batch_size=32, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(type=dataset_type, pipeline=test_pipeline))
