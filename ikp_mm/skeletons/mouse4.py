"""A mouse seen from above: the four body parts of DeepLabCut's open-field example."""
from ikp_mm.skeletons.skeleton import Skeleton

MOUSE4 = Skeleton(
    name='mouse4',
    joints=('snout', 'leftear', 'rightear', 'tailbase'),
    edges=(('snout', 'leftear'), ('snout', 'rightear'), ('leftear', 'tailbase'),
           ('rightear', 'tailbase'), ('snout', 'tailbase')))
