"""A mouse seen from above: the four body parts of DeepLabCut's open-field example."""
from ikp_mm.skeletons.skeleton import Skeleton

MOUSE4 = Skeleton(
    name='mouse4',
    joints=('snout', 'leftear', 'rightear', 'tailbase'),
    edges=(('snout', 'leftear'), ('snout', 'rightear'), ('leftear', 'tailbase'),
           ('rightear', 'tailbase'), ('snout', 'tailbase')),
    # Wide at the ears as lines, a mouse is wide at the hips: an egg that tapers either way. The
    # tail, which the joints leave out, tells the ends apart.
    parts=(
        dict(kind='oval', joints=('snout', 'tailbase'), width=(0.3, 0.6)),
        dict(kind='limb', joints=('snout', 'tailbase'), width=(0.1, 0.3), chance=0.5),
        dict(kind='tail', joints=('tailbase', 'snout'), width=(0.02, 0.07), length=(0.4, 1.4),
             chance=0.9),
        *(dict(kind='disc', joints=(ear, ), width=(0.08, 0.2), layer=1, chance=0.8)
          for ear in ('leftear', 'rightear')),
    ))
