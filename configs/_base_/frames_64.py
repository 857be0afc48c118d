# Clips and poses of one's own: networks of 64 px, for CPUs. ikp_mm.own_frames.fill_in, called by
# configs/ikp_frames.py, says which clips, poses and labels.
_base_ = [
    'default_runtime.py', 'models/keypoint_gan_cpu.py', 'schedules/painted_figures_cpu.py',
    'datasets/loaders.py',
]
model = dict(test_cfg=dict(flip_test=True))  # the mean of an image and its mirror image
dataset_type = 'LabelledFramesDataset'
clips = dict(type='FolderClips', non_square='pad', skip_short=True)
train_dataloader = dict(dataset=dict(gap=(1, 30), uniform='clips', clips=clips))
# pop: moved to the train loop, not copied.
train_cfg = dict(prior_dataloader=_base_.pop('prior_dataloader'))
val_cfg = dict(pairs_dataloader=dict(dataset=dict(
    gap=(1, 30), uniform='frames', for_score=True, clips=clips, pipeline=_base_.test_pipeline)))
custom_hooks = [
    dict(type='KeypointEMAHook', momentum=0.05), dict(type='PredictionSheetHook', num_rows=12)]
del clips
