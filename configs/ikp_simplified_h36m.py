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
from ikp_mm.own_frames import fill_in

# All 32 joints are predicted and scored; 16 edges touch 17 of them.
skeleton, training = 'h36m32', dict(
    root=data_root, subjects=train_subjects, activities=activities)
poses = dict(training, type='simplified_h36m', half='second')
# The frames are crops around the figure: a background that moves has no median.
pairs = dict(gap=(1, 1000), mask=masked_views, background=dict(source='mask', fill=fill))
fill_in(_base_, clips=dict(training, type='SimplifiedH36MClips', half='first'), poses=poses,
        skeleton=skeleton, pairs=pairs, labels=dict(
            type='SimplifiedH36MDataset', root=data_root, subjects=test_subjects,
            activities=activities, background_fill=test_fill))
# A sample of the test frames while training; all of them in the test.
val_dataloader = dict(dataset=dict(interval=64))
# "%-MSE": percent of the image side, a row for each activity and their mean. 1 in 200 poses for
# the oracle baselines, which compare every test frame with every pose.
val_evaluator = test_evaluator = [dict(
    type='KeypointDistanceMetric', unit='image_side', group_key='group', prior=dict(
        type='PosePriorDataset', skeleton=skeleton, poses=dict(poses, interval=200)))]
