"""Pairs of photographs of exercises as clips, LSPET's joints as prior and test (data/exercises).

    python projects/exercises/prepare.py ../shared/data data/exercises

A clip is a pair in the largest square of the picture that is centred on what changed between the two
(limited by the border). Of LSPET's stills in random order (seed 0) the joints of the first half are
the prior, the pictures of the second half the test.
"""
import argparse
import shutil
from pathlib import Path

import cv2
import numpy as np

CHANGED = 30  # grey levels


def window(first: np.ndarray, second: np.ndarray) -> tuple[slice, slice]:
    """The square with the picture's shorter side around the median changed pixel."""
    changed = np.abs(first.astype(int) - second).max(axis=2) > CHANGED
    side = min(changed.shape)
    slices = []
    for axis, length in enumerate(changed.shape):
        places = np.flatnonzero(changed.any(axis=1 - axis))
        middle = np.median(np.nonzero(changed)[axis]) if len(places) else length / 2
        low = int(np.clip(round(middle - side / 2), 0, length - side))
        slices.append(slice(low, low + side))
    return slices[0], slices[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('source', type=Path)
    parser.add_argument('out', type=Path)
    args = parser.parse_args()
    pairs = resized = 0
    for folder in sorted((args.source / 'exercise_pairs' / 'clips').iterdir()):
        frames = [cv2.imread(str(folder / f'{number:04d}.jpg')) for number in (0, 1)]
        if frames[0].shape != frames[1].shape:
            resized += 1
            continue
        rows, columns = window(*frames)
        out = args.out / 'clips' / folder.name
        out.mkdir(parents=True, exist_ok=True)
        for number, frame in enumerate(frames):
            cv2.imwrite(str(out / f'{number:04d}.png'), frame[rows, columns])
        pairs += 1
    table = np.load(args.source / 'lspet' / 'labels.npz')
    order = np.random.default_rng(0).permutation(len(table['files']))
    for_prior, for_test = np.sort(order[:len(order) // 2]), np.sort(order[len(order) // 2:])
    np.savez(args.out / 'prior.npz', keypoints=table['keypoints'][for_prior])
    np.savez(args.out / 'test.npz', keypoints=table['keypoints'][for_test],
             files=table['files'][for_test])
    (args.out / 'images').mkdir(exist_ok=True)
    for file in table['files'][for_test]:
        shutil.copy(args.source / 'lspet' / str(file), args.out / str(file))
    print(f'{args.out}: {pairs} clips ({resized} pairs of two sizes left out), '
          f'{len(for_prior)} prior poses, {len(for_test)} test pictures')


if __name__ == '__main__':
    main()
