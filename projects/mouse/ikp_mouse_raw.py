# The mice from the raw DeepLabCut project: configs/ikp_frames.py with its lines edited. Clips and
# boxes are made by tools/prepare_videos.py from the video and the labelled images, without a label
# (projects/mouse/README.md). Prior: the first 58 labelled frames by number; test: the last 58.
_base_ = ['../../configs/ikp_frames.py']
skeleton = 'mouse4'
project = 'data/openfield_mouse'
# Squares with their margin, found by motion; the same call, with the same margin, made the clips.
boxes = 'data/mouse_boxes.csv'
# The mouse is black; its shadow and its reflection in the wall are not.
mouse_background = dict(source='given', threshold=48.0, softness=16.0, blur=1.0, fill=127)

model = dict(head=dict(skeleton=skeleton))
mouse_prior = dict(
    type='PosePriorDataset', skeleton=skeleton,
    poses=dict(type='deeplabcut', path=project, subset=(0, 58), box=boxes))
mouse_pairs = dict(
    type='FramePairDataset', clips=dict(type='FolderClips', root='data/mouse_clips'),
    image_size=64, gap=(1, 30), background=mouse_background, mask=('target', 'appearance'),
    skeleton=skeleton)
fixed_pairs = dict(mouse_pairs, seed=0)
mouse_frames = dict(
    type='DeepLabCutFramesDataset', ann_file=project, skeleton=skeleton, subset=(58, None),
    box=boxes, pipeline=_base_.test_pipeline)

train_dataloader = dict(dataset=dict(_delete_=True, **mouse_pairs))
train_cfg = dict(
    prior_dataloader=dict(dataset=dict(_delete_=True, **mouse_prior, jitter=dict(
        rotate_deg=dict(start=20, end=60, begin=19200, until=24000), scale=(0.9, 1.1),
        shift=0.1))))
dataset_type = 'DeepLabCutFramesDataset'
val_dataloader = dict(dataset=dict(_delete_=True, **mouse_frames))
test_dataloader = dict(dataset=dict(_delete_=True, **mouse_frames))
val_evaluator = [dict(type='KeypointDistanceMetric', prior=mouse_prior)]
test_evaluator = [*val_evaluator, dict(type='FailurePredictionMetric')]
val_cfg = dict(
    pairs_dataloader=dict(dataset=dict(_delete_=True, **fixed_pairs)),
    pairs_evaluator=dict(_delete_=True, type='LabelFreeScore', prior=mouse_prior))
custom_hooks = [
    dict(type='KeypointEMAHook', momentum=0.05),
    dict(type='PredictionSheetHook', pairs=fixed_pairs, frames=mouse_frames, num_rows=12),
]
