# Simplified Human3.6M (docs/datasets.md), the dataset and protocol of the reference release: six
# activities, images from the first half of each training sequence, poses from the second. A GPU.
data_root = 'data/simplified_h36m/human_images'
train_subjects, test_subjects = ['S1', 'S5', 'S6', 'S7', 'S8', 'S9'], ['S11']
activities = ['Waiting', 'Posing', 'Greeting', 'Directions', 'Discussion', 'Walking']
# What the given masks take out, and the grey level in its place. Here the detector sees raw frames
# and needs no mask. The reference masks everything, the test frames too: masked_views =
# ('image', 'target', 'appearance'), fill = 0, test_fill = 0.
masked_views, fill, test_fill = ('target', 'appearance'), 127, None

_base_ = ['_base_/frames_128.py']
dataset_type = 'SimplifiedH36MDataset'
# All 32 joints are predicted and scored; 16 edges touch 17 of them.
model = dict(head=dict(skeleton='h36m32'))
prior = dict(type='PosePriorDataset', skeleton='h36m32', poses=dict(
    type='simplified_h36m', root=data_root, subjects=train_subjects, activities=activities,
    half='second'))
# 1 in 200 for the oracle baselines, which compare every test frame with every pose.
baseline_prior = dict(prior, poses=dict(prior['poses'], interval=200))
# The frames are crops around the figure: a background that moves has no median.
pairs = dict(
    type='FramePairDataset', image_size=128, gap=(1, 1000), mask=masked_views, skeleton='h36m32',
    background=dict(source='mask', fill=fill), clips=dict(
        type='SimplifiedH36MClips', root=data_root, subjects=train_subjects,
        activities=activities, half='first'))
frames = dict(type=dataset_type, root=data_root, subjects=test_subjects, activities=activities,
              background_fill=test_fill)
# "%-MSE": percent of the image side, a row for each activity and their mean.
val_evaluator = test_evaluator = [dict(
    type='KeypointDistanceMetric', unit='image_side', group_key='group', prior=baseline_prior)]

val_pairs = dict(pairs, seed=0)
train_dataloader = dict(dataset=pairs)
train_cfg = dict(prior_dataloader=dict(dataset=prior))
# A sample of the test frames while training; all of them in the test.
val_dataloader, test_dataloader = dict(dataset=dict(frames, interval=64)), dict(dataset=frames)
val_cfg = dict(pairs_dataloader=dict(dataset=val_pairs), pairs_evaluator=dict(prior=prior))
custom_hooks = [dict(type='KeypointEMAHook', momentum=0.001),
                dict(type='PredictionSheetHook', pairs=val_pairs)]
