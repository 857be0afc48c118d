# The mice from the raw DeepLabCut project (projects/mouse/README.md). Clips and boxes are made by
# tools/prepare_videos.py, without a label. Prior: the first 58 labelled frames; test: the last 58.
_base_ = ['../../configs/_base_/stands/from_above.py']
from ikp_mm.own_frames import fill_in

project, boxes = 'data/openfield_mouse', 'data/mouse_boxes.csv'
fill_in(_base_, clips='data/mouse_clips', skeleton='mouse4',
        poses=dict(type='deeplabcut', path=project, subset=(0, 58), box=boxes),
        labels=dict(
            type='DeepLabCutFramesDataset', ann_file=project, subset=(58, None), box=boxes))
