# Real datasets at the released reference's sizes and with its recipe, for a GPU. A config of a dataset
# names clips, poses and labelled frames by ikp_mm.own_frames.fill_in, and adds their metrics.
_base_ = [
    'default_runtime.py', 'models/keypoint_gan_reference.py', 'schedules/two_stage_reference.py',
    'datasets/loaders.py',
]
test_pipeline = [
    dict(step, input_size=(128, 128)) if 'input_size' in step else step
    for step in _base_.test_pipeline
]
train_dataloader = dict(
    num_workers=8, persistent_workers=True, pin_memory=True, dataset=dict(image_size=128))
# pop: moved to the train loop, not copied.
train_cfg = dict(prior_dataloader=dict(
    _base_.pop('prior_dataloader'), num_workers=1, persistent_workers=True, pin_memory=True))
val_dataloader = test_dataloader = dict(
    num_workers=4, persistent_workers=True, dataset=dict(pipeline=test_pipeline))
val_cfg = dict(pairs_dataloader=dict(
    num_workers=4, num_batch_per_epoch=16, dataset=dict(image_size=128)))
custom_hooks = [dict(type='KeypointEMAHook', momentum=0.001), dict(type='PredictionSheetHook')]
