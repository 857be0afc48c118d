# Push-ups (projects/pushups/README.md): what configs/ikp_frames.py asks for.
_base_ = ['../../configs/_base_/stands/upright.py']
from ikp_mm.own_frames import fill_in

fill_in(_base_, clips='data/pushups/clips', poses='data/pushups/prior.npz', skeleton='coco17',
        labels='test.npz', labels_root='data/pushups')
