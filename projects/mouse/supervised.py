# The same Phi and eta trained with the labels of the 58 frames whose poses are the prior elsewhere
# (projects/mouse/README.md), tested on the same 58 frames as ikp_mouse.py.
_base_ = [
    '../comparison/configs/_base_/single_stage_runtime.py',
    '../comparison/configs/_base_/supervised.py']
data_mode = 'topdown'
dataset_type = 'LabelledFramesDataset'
labels = dict(type=dataset_type, skeleton='mouse4')
model = dict(head=dict(skeleton='mouse4'), test_cfg=dict(flip_test=True))
framed = [dict(type='LoadImage'), dict(type='GetBBoxCenterScale', padding=1.0)]
warp = dict(type='AreaTopdownAffine', input_size=(64, 64))
# 58 images: moved, turned through all angles, mirrored, lit and blurred at random.
train_pipeline = [
    *framed,
    dict(type='RandomFlip', direction='horizontal'),
    dict(type='RandomBBoxTransform', shift_factor=0.1, scale_factor=(0.75, 1.25),
         rotate_factor=180, rotate_prob=1.0),
    warp,
    dict(type='PhotometricDistortion'),
    dict(type='GenerateTarget', encoder=_base_.codec),
    dict(type='PackPoseInputs'),
]
train_dataloader = dict(
    batch_size=16, num_workers=0, sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(labels, data_root='data', ann_file='mouse_train.npz', test_mode=False,
                 pipeline=train_pipeline))
val_dataloader = test_dataloader = dict(
    batch_size=32, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(labels, data_root='data/mouse', ann_file='test_labels.npz',
                 pipeline=[*framed, warp, dict(type='PackPoseInputs')]))
train_cfg = dict(max_iters=2000, val_interval=500)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
val_evaluator = test_evaluator = dict(
    type='KeypointDistanceMetric', modes=('direct', 'flip_aware'))
param_scheduler = [
    dict(type='CosineAnnealingLR', by_epoch=False, begin=1000, end=2000, T_max=1000,
         eta_min_ratio=0.02)
]
model_wrapper_cfg = None
