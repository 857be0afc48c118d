"""Error of labels that a model made, where the truth is known (for reporting alone).

    label_error.py TRUTH.json LABELS.json [LABELS.json ...] [--min-scores 0.3 0.5 ...]

The files are COCO-style (tools/make_synthetic.py, tools/pseudo_label.py without --min-score).
Prints the mean distance in percent of the image's side, of all labelled joints and of those that
score at least so much.
"""
import argparse
import json
from pathlib import Path

import numpy as np


def by_image(path: Path) -> dict[str, tuple[np.ndarray, np.ndarray, float]]:
    """File name -> keypoints (K, 3) with v, scores (K,) or ones, longer side of the image."""
    content = json.loads(path.read_text(encoding='utf-8'))
    images = {image['id']: image for image in content['images']}
    found = {}
    for annotation in content['annotations']:
        image = images[annotation['image_id']]
        keypoints = np.array(annotation['keypoints']).reshape(-1, 3)
        scores = np.array(annotation.get('keypoint_scores', np.ones(len(keypoints))))
        found[image['file_name']] = keypoints, scores, max(image['width'], image['height'])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('truth', type=Path)
    parser.add_argument('labels', type=Path, nargs='+')
    parser.add_argument('--min-scores', type=float, nargs='+', default=[0.0])
    args = parser.parse_args()
    truth = by_image(args.truth)
    for path in args.labels:
        labels = by_image(path)
        unknown = sorted(set(labels) - set(truth))
        if unknown:
            raise SystemExit(f'{args.truth} has no image {unknown[0]}, which {path} labels')
        errors, scores = [], []
        for name, (keypoints, joint_scores, side) in labels.items():
            true = truth[name][0]
            both = (keypoints[:, 2] > 0) & (true[:, 2] > 0)
            errors.append(100 * np.linalg.norm(keypoints[both, :2] - true[both, :2], axis=1) / side)
            scores.append(joint_scores[both])
        error, score = np.concatenate(errors), np.concatenate(scores)
        for least in args.min_scores:
            kept = score >= least
            dropped = f', dropped joints {error[~kept].mean():.2f}' if (~kept).any() else ''
            print(f'{path}: score >= {least:g}: {100 * kept.mean():.1f} % of {len(error)} joints, '
                  f'error {error[kept].mean():.2f} % of the side{dropped}')


if __name__ == '__main__':
    main()
