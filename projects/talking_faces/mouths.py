"""Do mouths open and close? ``python projects/talking_faces/mouths.py CHECKPOINT CLIP ... --out OUT.png``

A clip is a folder of square images. Printed for each: how far the inner lips part, in percent of the
outer-eye distance (5th, 50th and 95th percentile over its frames). The sheet has a row a clip: the three
frames in which they part least and the three in which they part most, as found.
"""
import argparse
from pathlib import Path

import cv2
import numpy as np

import ikp_mm  # noqa: F401  (before any mmpose module that wants compiled ops)
from ikp_mm.inference import load_predictor
from ikp_mm.visualization import draw_keypoints

SIDE, EACH = 192, 3


def row(predictor, clip: Path) -> np.ndarray:
    """Print a clip's line and draw its row."""
    files = sorted(path for path in clip.iterdir() if path.suffix in ('.jpg', '.png'))
    images = [cv2.imread(str(path)) for path in files]
    squares = np.array([[image.shape[1] / 2, image.shape[0] / 2, len(image)] for image in images])
    keypoints = np.concatenate([predictor.predict(images[k:k + 32], squares[k:k + 32]).keypoints
                                for k in range(0, len(images), 32)])
    joint = {name: keypoints[:, number] for number, name in enumerate(predictor.skeleton.joints)}
    parted = 100 * (np.linalg.norm(joint['inner_upper_lip'] - joint['inner_lower_lip'], axis=1)
                    / np.linalg.norm(joint['right_eye_outer'] - joint['left_eye_outer'], axis=1))
    low, middle, high = np.percentile(parted, (5, 50, 95))
    print(f'| {clip.parent.name} | {len(images)} | {low:.1f} | {middle:.1f} | {high:.1f} |')
    order = np.argsort(parted)
    return np.hstack([
        draw_keypoints(images[k], keypoints[k], predictor.skeleton, width=SIDE)
        for k in (*order[:EACH], *order[-EACH:])])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('checkpoint', type=Path)
    parser.add_argument('clips', type=Path, nargs='+')
    parser.add_argument('--out', type=Path, required=True)
    args = parser.parse_args()
    predictor = load_predictor(args.checkpoint)
    print('| clip | frames | 5 % | 50 % | 95 % |\n|---|---|---|---|---|')
    cv2.imwrite(str(args.out), np.vstack([row(predictor, clip) for clip in args.clips]))
    print(args.out)


if __name__ == '__main__':
    main()
