"""Weizmann's actors: clips of actors 0 to 6, a prior, labelled frames of 7 and 8 (data/weizmann).

    python projects/weizmann/prepare.py ../shared/data data/weizmann

The prior is mocap with arms swung (``make_prior.py``), enlarged and lowered until head and hips lie
where ``tools/browse_dataset.py`` shows those of the clips. ``labels.csv`` beside this file was
written by hand, in pixels of the 64 px frames, before any training.
"""
import argparse
import csv
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
SCALE, LOWERED = 1.35, 0.21
JOINTS = ('root', 'right_hip', 'right_knee', 'left_hip', 'left_knee', 'spine', 'thorax',
          'neck_base', 'head', 'left_shoulder', 'left_elbow', 'left_wrist', 'right_shoulder',
          'right_elbow', 'right_wrist')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('source', type=Path)
    parser.add_argument('out', type=Path)
    args = parser.parse_args()
    for actor in range(9):
        kept = args.out / ('clips' if actor < 7 else 'test') / f'actor{actor}'
        shutil.copytree(args.source / 'weizmann' / f'actor{actor}', kept, dirs_exist_ok=True)
    swung = args.out / 'mocap_swung.npz'
    subprocess.run([sys.executable, HERE / 'make_prior.py',
                    args.source / 'cmu_mocap' / 'prior_2d.npz', swung], check=True)
    table = np.load(swung)
    order = [list(table['joints']).index(joint) for joint in JOINTS]
    placed = (table['keypoints'][:, order] - 0.5) * SCALE + 0.5 + np.array([0, LOWERED])
    np.savez(args.out / 'prior.npz', keypoints=placed.astype(np.float32), joints=np.array(JOINTS))
    with open(HERE / 'labels.csv', newline='', encoding='utf-8') as file:
        rows = list(csv.DictReader(file))
    keypoints = np.full((len(rows), len(JOINTS), 2), np.nan, np.float32)
    for row, label in enumerate(rows):
        for place, joint in enumerate(JOINTS):
            if label.get(f'{joint}_x'):
                keypoints[row, place] = [float(label[f'{joint}_{axis}']) / 64 for axis in 'xy']
    np.savez(args.out / 'labels.npz', keypoints=keypoints,
             files=np.array([f"test/{label['file']}" for label in rows]))
    print(f'{args.out}: {len(placed)} prior poses, {len(rows)} labelled frames')


if __name__ == '__main__':
    main()
