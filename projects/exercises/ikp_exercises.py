# Exercises, tested on stills of sports (projects/exercises/README.md).
_base_ = ['../../configs/_base_/stands/upright.py']
from ikp_mm.own_frames import fill_in

fill_in(_base_, clips='data/exercises/clips', poses='data/exercises/prior.npz', skeleton='lsp14',
        labels='test.npz', labels_root='data/exercises')
