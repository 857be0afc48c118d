"""Labels for ``supervised.py``: the prior's poses with the 58 frames that they were labelled in.

    python projects/mouse/train_labels.py data/mouse data/mouse_train.npz
"""
import sys
from pathlib import Path

import numpy as np

source, out = Path(sys.argv[1]), sys.argv[2]
keypoints = np.load(source / 'prior.npz')['keypoints']
files = [f'{source.name}/labelled/{number:04d}.jpg' for number in range(len(keypoints))]
np.savez(out, files=np.array(files), keypoints=keypoints)
print(f'{out}: {len(files)} labelled frames')
