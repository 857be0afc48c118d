#!/usr/bin/env python
"""How the face crop's box lies to the tight box of the 68 landmarks, on labelled faces.

    python projects/talking_faces/measure_crop.py data/mmpose_samples

prints, for each labelled face that is found, the shift of the landmarks' box from the crop's (x, y)
and its longer side, in sides of the crop's box: 0, 0 and 1 when the crop is right.
"""
import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from ikp_mm.preparation.croppers import FaceCropper

FILES = ('300w/test_300w.json', '300vw/anno_300vw.json', '300wlp/test_300wlp.json')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('root', type=Path, help="MMPose's test data, with 300w/, 300vw/, 300wlp/")
    root = parser.parse_args().root
    cropper, rows = FaceCropper(), []
    for file in FILES:
        annotations = json.loads((root / file).read_text())
        names = {image['id']: image['file_name'] for image in annotations['images']}
        for annotation in annotations['annotations']:
            name = f"{Path(file).parent}/{names[annotation['image_id']]}"
            image = cv2.imread(str(root / name))
            if image is None:
                print(f'{name:<36} image absent')
                continue
            points = np.reshape(annotation['keypoints'], (-1, 3))[:, :2]
            low, high = points.min(axis=0), points.max(axis=0)
            box = cropper.boxes([image])[0]
            side = box[2] - box[0]
            shift = ((low + high) / 2 - (box[:2] + box[2:]) / 2) / side
            # Another face than the labelled one, or none (then NaN).
            if not np.abs(shift).max() < 0.5:
                print(f'{name:<36} not found')
                continue
            rows.append([*shift, (high - low).max() / side])
            print(f'{name:<36} {shift[0]:6.3f} {shift[1]:6.3f} {rows[-1][2]:6.3f}')
    mean, std = np.mean(rows, axis=0), np.std(rows, axis=0)
    print(f'{f"mean of {len(rows)}":<36} ' + ' '.join(f'{value:6.3f}' for value in mean))
    print(f'{"standard deviation":<36} ' + ' '.join(f'{value:6.3f}' for value in std))


if __name__ == '__main__':
    main()
