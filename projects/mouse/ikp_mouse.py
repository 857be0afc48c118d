# Mice seen from above (projects/mouse/README.md).
_base_ = ['../../configs/_base_/stands/from_above.py']
from ikp_mm.own_frames import fill_in

fill_in(_base_, clips='data/mouse/clips', poses='data/mouse/prior.npz', skeleton='mouse4',
        labels='test_labels.npz', labels_root='data/mouse')
