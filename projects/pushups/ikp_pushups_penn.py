# Push-ups with Penn Action's poses of push-ups as prior (projects/pushups/README.md).
_base_ = ['../../configs/_base_/stands/upright.py']
from ikp_mm.own_frames import fill_in

fill_in(_base_, clips='data/pushups/clips', poses='data/pushups/prior_penn.npz', skeleton='penn13',
        labels='test_penn.npz', labels_root='data/pushups')
