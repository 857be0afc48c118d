# One film of a dancer, motion capture as poses (projects/dance/README.md).
_base_ = ['../../configs/_base_/stands/upright.py']
from ikp_mm.own_frames import fill_in

fill_in(_base_, clips='data/dance/clips', poses='data/dance/prior.npz', skeleton='h36m17',
        labels='labels.npz', labels_root='data/dance')
