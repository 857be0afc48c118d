# Penn Action (docs/datasets.md), official split. Clips are the first half of each action's
# training videos, prior poses come from the second. A GPU.
data_root = 'data/Penn_Action'
actions = None  # all 15, or names as in the label files
padding = 1.2  # enlarges the annotated boxes, alike for clips, prior and test
crop = 'clip'  # one square a video, for clips and prior alike; 'frame' follows the figure

_base_ = ['_base_/frames_128.py']
from ikp_mm.own_frames import fill_in

# complete: a pose with a hidden joint would be drawn, and passed for real, without its limb.
videos = dict(root=data_root, split='train', actions=actions, padding=padding)
poses = dict(videos, type='penn_action', half='second', crop=crop, complete=True)
# A video's median: wrong where the camera moves or the figure stands still. With background = None
# it stays in, and crop = 'frame' may follow the figure.
background = dict(source='clip_median', threshold=24.0, softness=12.0, blur=1.0, fill=127)
fill_in(_base_, clips=dict(videos, type='PennActionClips', half='first', crop=crop), poses=poses,
        skeleton='penn13', padding=padding, pairs=dict(gap=(1, 50), background=background),
        labels=dict(type='PennActionDataset', root=data_root, split='test', actions=actions))
# A sample of the test frames while training; all of them in the test.
val_dataloader = dict(dataset=dict(interval=32))
# Percent of the input's side, a row for each action and their mean; PCK at 0.2 of the annotated
# box's longer side, over all labelled joints. 1 in 10 poses for the oracle baselines, framed as
# test frames are, each by its own box.
val_evaluator = test_evaluator = [
    dict(type='KeypointDistanceMetric', unit='image_side', group_key='group', prior=dict(
        type='PosePriorDataset', skeleton='penn13', poses=dict(poses, crop='frame', interval=10))),
    dict(type='PCKAccuracy', thr=0.2, norm_item='bbox', prefix='pck')]
