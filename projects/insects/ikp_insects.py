# Drawn beetles from above (projects/insects/README.md).
_base_ = ['../../configs/_base_/stands/from_above.py']
from ikp_mm.own_frames import fill_in

legs = [f'{side}_{{}}_{row}' for side in ('left', 'right') for row in (1, 2, 3)]
skeleton = dict(
    name='beetle15',
    joints=['head', 'thorax', 'abdomen',
            *sum([[leg.format('knee'), leg.format('foot')] for leg in legs], [])],
    edges=[('head', 'thorax'), ('thorax', 'abdomen'),
           *[('thorax', leg.format('knee')) for leg in legs],
           *[(leg.format('knee'), leg.format('foot')) for leg in legs]])
fill_in(_base_, clips='data/insects/clips', poses='data/insects/prior.npz', skeleton=skeleton,
        labels='test.npz', labels_root='data/insects')
