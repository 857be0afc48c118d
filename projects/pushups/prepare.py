"""Push-ups of the shared folder, parted by scene: clips, prior, test frames below data/pushups.

    python projects/pushups/prepare.py ../shared/data data/pushups

Of the scenes in random order (seed 0) the first quarter gives poses alone (``prior.npz``, frames in
which both networks agreed), the next half clips alone, the last quarter test frames alone
(``test.npz``, every fourth agreed frame). ``train.npz``: the prior's poses with their frames, which
only projects/comparison_pushups reads. ``prior_penn.npz``: Penn Action's push-ups, the complete
poses, placed in a square around each pose as the clips' windows are (its longer side 0.72 of it).
``test_penn.npz``: the test's labels under Penn Action's names, the head, which COCO lacks, unlabelled.
"""
import argparse
import shutil
from pathlib import Path

import numpy as np

from ikp_mm.skeletons import COCO17, PENN13

FILLED = 0.72


def copy_labelled(source: Path, table: dict, rows: np.ndarray, out: Path) -> np.ndarray:
    """Copy frames below the folder ``out`` without its ending; ``out``: their names and labels.

    Returns:
        np.ndarray: the names, from the folder of ``out`` on.
    """
    names = [f'{out.stem}/{str(file).partition("/")[2]}' for file in table['files'][rows]]
    for file, name in zip(table['files'][rows], names):
        (out.parent / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / str(file), out.parent / name)
    np.savez(out, keypoints=table['keypoints'][rows], files=np.array(names))
    return np.array(names)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('source', type=Path)
    parser.add_argument('out', type=Path)
    args = parser.parse_args()
    source = args.source / 'pushups'
    table = np.load(source / 'labels.npz')
    files, scene, agreed = table['files'], table['scene'], table['agreed']
    order = np.random.default_rng(0).permutation(np.unique(scene))
    quarter = len(order) // 4
    for_prior, for_test = (np.isin(scene, part) for part in (order[:quarter], order[-quarter:]))
    args.out.mkdir(parents=True, exist_ok=True)
    for clip in sorted({str(file).split('/')[1] for file in files[~for_prior & ~for_test]}):
        shutil.copytree(source / 'clips' / clip, args.out / 'clips' / clip, dirs_exist_ok=True)
    tested = np.flatnonzero(for_test & agreed)[::4]
    moved = copy_labelled(source, table, tested, args.out / 'test.npz')
    copy_labelled(source, table, np.flatnonzero(for_prior & agreed), args.out / 'train.npz')
    renamed = np.full((len(tested), len(PENN13.joints), 2), np.nan, np.float32)
    for joint, name in enumerate(PENN13.joints):
        if name in COCO17.joints:
            renamed[:, joint] = table['keypoints'][tested, COCO17.joints.index(name)]
    np.savez(args.out / 'test_penn.npz', keypoints=renamed, files=moved)
    np.savez(args.out / 'prior.npz', keypoints=table['keypoints'][for_prior & agreed])
    penn = np.load(args.source / 'penn_action_poses' / 'poses.npz')
    poses = penn['keypoints'][penn['action'][penn['sequence']] == 'pushup']
    poses = poses[(poses > 2).all(axis=(1, 2))]
    low, high = poses.min(axis=1), poses.max(axis=1)
    side = (high - low).max(axis=1)[:, None] / FILLED
    np.savez(args.out / 'prior_penn.npz', keypoints=(
        (poses - ((low + high) / 2 - side / 2)[:, None]) / side[:, None]).astype(np.float32))
    print(f'{args.out}: {len(list((args.out / "clips").iterdir()))} clips, '
          f'{int((for_prior & agreed).sum())} prior poses, {len(tested)} test frames, '
          f'{len(poses)} poses of Penn Action')


if __name__ == '__main__':
    main()
