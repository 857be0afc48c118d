# Talking faces without a label (projects/talking_faces/README.md): six people are held out.
_base_ = ['../faces_300w/wide_lines.py']
from ikp_mm.own_frames import fill_in

fill_in(_base_, clips='data/talking_faces/clips', poses='data/faces_300w/prior.npz',
        skeleton='face68')
held_out = ['grid_lbax4n/*', 'grid_lrwp9a/*', 'grid_swiz3n/*', 'd9/*', 'd12/*', 'd19/*']
train_dataloader = dict(dataset=dict(clips=dict(exclude=held_out)))
val_dataloader = test_dataloader = dict(dataset=dict(clips=dict(include=held_out)))
