"""Labels and poses for the dancer, after ``tools/prepare_videos.py`` made the clips (README.md).

    python projects/dance/prepare.py ../shared/data data/dance

``labels.npz``: every fifth frame of the clips with the film's labels, COCO's limbs under the names of
Human3.6M's joints, all others unlabelled. ``prior.npz``: poses of real motion capture as random
cameras saw them.
"""
import csv
import json
import shutil
import sys
from pathlib import Path

import numpy as np

from ikp_mm.skeletons import COCO17, H36M17

EVERY = 5
source, out = Path(sys.argv[1]), Path(sys.argv[2])
labelled = np.load(source / 'dance_sleap' / 'labels.npz')['keypoints'][..., :2]
video, = json.loads((out / 'clips/report.json').read_text())['videos']
with (out / 'clips/dance/boxes.csv').open(newline='') as file:
    squares = {int(row['frame']): [float(row[key]) for key in ('x0', 'y0', 'x1', 'y1')]
               for row in csv.DictReader(file)}
files, keypoints = [], []
for clip in video['kept']:
    for number in range(clip['first'], clip['last'] + 1, EVERY):
        x0, y0, x1, y1 = squares[number]
        found = np.full((H36M17.num_joints, 2), np.nan)
        for joint, name in enumerate(H36M17.joints):
            name = name.replace('foot', 'ankle')
            if name in COCO17.joints:
                found[joint] = labelled[number, COCO17.joints.index(name)]
        files.append(f'clips/dance/{clip["clip"]}/{number - clip["first"]:04d}.jpg')
        keypoints.append((found - (x0, y0)) / (x1 - x0, y1 - y0))
np.savez(out / 'labels.npz', files=np.array(files), keypoints=np.array(keypoints, np.float32))
shutil.copyfile(source / 'cmu_mocap' / 'prior_2d.npz', out / 'prior.npz')
print(f'{out}: {len(files)} labelled frames, {len(np.load(out / "prior.npz")["keypoints"])} poses')
