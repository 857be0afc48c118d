# Penn Action (docs/datasets.md), official split. Clips are the first half of each action's
# training videos, prior poses come from the second. A GPU.
data_root = 'data/Penn_Action'
actions = None  # all 15, or names as in the label files
padding = 1.2  # enlarges the annotated boxes, alike for clips, prior and test
crop = 'clip'  # one square a video, for clips and prior alike; 'frame' follows the figure

_base_ = ['_base_/frames_128.py']
dataset_type = 'PennActionDataset'
model = dict(head=dict(skeleton='penn13'))
# complete: a pose with a hidden joint would be drawn, and passed for real, without its limb.
prior = dict(type='PosePriorDataset', skeleton='penn13', poses=dict(
    type='penn_action', root=data_root, split='train', actions=actions, half='second',
    padding=padding, crop=crop, complete=True))
# 1 in 10 for the oracle baselines, framed as test frames are, each by its own box.
baseline_prior = dict(prior, poses=dict(prior['poses'], crop='frame', interval=10))
# A video's median: wrong where the camera moves or the figure stands still. With background = None
# and mask=() it stays in, and crop = 'frame' may follow the figure.
background = dict(source='clip_median', threshold=24.0, softness=12.0, blur=1.0, fill=127)
pairs = dict(
    type='FramePairDataset', image_size=128, gap=(1, 50), background=background,
    mask=('target', 'appearance'), skeleton='penn13', clips=dict(
        type='PennActionClips', root=data_root, split='train', actions=actions, half='first',
        padding=padding, crop=crop))
test_pipeline = [dict(step, padding=padding) if step['type'] == 'GetBBoxCenterScale' else step
                 for step in _base_.test_pipeline]
frames = dict(type=dataset_type, root=data_root, split='test', actions=actions,
              pipeline=test_pipeline)
# Percent of the input's side, a row for each action and their mean; PCK at 0.2 of the annotated
# box's longer side, over all labelled joints.
val_evaluator = test_evaluator = [
    dict(type='KeypointDistanceMetric', unit='image_side', group_key='group',
         prior=baseline_prior),
    dict(type='PCKAccuracy', thr=0.2, norm_item='bbox', prefix='pck')]

val_pairs = dict(pairs, seed=0)
train_dataloader = dict(dataset=pairs)
train_cfg = dict(prior_dataloader=dict(dataset=prior))
# A sample of the test frames while training; all of them in the test.
val_dataloader, test_dataloader = dict(dataset=dict(frames, interval=32)), dict(dataset=frames)
val_cfg = dict(pairs_dataloader=dict(dataset=val_pairs), pairs_evaluator=dict(prior=prior))
custom_hooks = [dict(type='KeypointEMAHook', momentum=0.001),
                dict(type='PredictionSheetHook', pairs=val_pairs)]
