"""Random parts of a prior: ``prior_50.npz`` and so on beside ``prior.npz``.

    python projects/sample_efficiency/subsets.py data/faces_300w/prior.npz 50 500

The smaller parts lie within the larger ones (one random order, seed 0), so that a curve shows how
many poses there are, not which.
"""
import sys
from pathlib import Path

import numpy as np

path = Path(sys.argv[1])
table = dict(np.load(path))
keypoints, joints = table['keypoints'], {key: table[key] for key in table if key == 'joints'}
order = np.random.default_rng(0).permutation(len(keypoints))
for number in map(int, sys.argv[2:]):
    if number > len(keypoints):
        sys.exit(f'{path} has {len(keypoints)} poses, {number} were asked for')
    part = path.with_name(f'{path.stem}_{number}.npz')
    np.savez(part, keypoints=keypoints[order[:number]], **joints)
    print(f'{part}: {number} of {len(keypoints)} poses')
