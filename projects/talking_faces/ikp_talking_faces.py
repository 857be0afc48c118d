# Talking faces without a label (projects/talking_faces/README.md): six people are held out.
_base_ = ['../../configs/_base_/stands/face.py']
from ikp_mm.own_frames import fill_in

fill_in(_base_, clips='data/talking_faces/clips', poses='data/faces_300w/prior.npz',
        skeleton='face68')
# The lines that the page's figures were made with; `face` has thinner ones.
model = dict(head=dict(renderer=dict(sigma=0.1)))
held_out = ['grid_lbax4n/*', 'grid_lrwp9a/*', 'grid_swiz3n/*', 'd9/*', 'd12/*', 'd19/*']
train_dataloader = dict(dataset=dict(clips=dict(exclude=held_out)))
val_dataloader = test_dataloader = dict(dataset=dict(clips=dict(include=held_out)))
