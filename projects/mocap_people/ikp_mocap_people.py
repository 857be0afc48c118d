# People moved by real motion capture, drawn in rooms, facing any way (projects/mocap_people/README.md).
_base_ = ['../../configs/_base_/stands/upright.py']
from ikp_mm.own_frames import fill_in

fill_in(_base_, clips='data/mocap_people/clips', poses='data/mocap_people/prior.npz', skeleton='h36m17',
        labels='test.npz', labels_root='data/mocap_people')
