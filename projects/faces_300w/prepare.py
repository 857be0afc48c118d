"""Faces of the shared folder, cropped closer: clips, prior and test frames below data/faces_300w.

    python projects/faces_300w/prepare.py ../shared/data data/faces_300w

Its crops are 1.8 times the landmarks' box and centred on it; the middle 0.74 of each is kept, 1.33
times the box. Test frames also moved and scaled at random: the window's side times 0.9 to 1.15, its
centre shifted by up to 0.08 sides each way, uniform, seed 0 (``moved.npz``).
"""
import argparse
from pathlib import Path

import cv2
import numpy as np

KEPT = 0.74
PRIOR_SETS = ('afw', 'helen_train', 'lfpw_train')
TEST_SET = 'lfpw_test'


def crop(image: np.ndarray, corner: np.ndarray, side: float, size: int) -> np.ndarray:
    """The window (corner, side in pixels) as size x size, averaged over areas; borders repeat."""
    x0, y0 = (int(round(value)) for value in corner)
    whole = max(1, int(round(side)))
    pad = max(0, -x0, -y0, x0 + whole - image.shape[1], y0 + whole - image.shape[0])
    image = cv2.copyMakeBorder(image, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    window = image[y0 + pad:y0 + pad + whole, x0 + pad:x0 + pad + whole]
    return cv2.resize(window, (size, size), interpolation=cv2.INTER_AREA)


def write(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), image, [cv2.IMWRITE_JPEG_QUALITY, 95]):
        raise OSError(f'{path} cannot be written')


def labelled(source: Path, name: str, out: Path, moved: bool) -> dict[str, np.ndarray]:
    """Write the crops of a 300-W set; ``files`` and ``keypoints`` (N, 68, 2), fractions of the crop."""
    rng = np.random.default_rng(0)
    table = np.load(source / 'faces_300w' / f'{name}.npz')
    files, keypoints = [], []
    for file, points in zip(table['files'], table['keypoints']):
        image = cv2.imread(str(source / 'faces_300w' / str(file)))
        side, middle = KEPT, np.full(2, 0.5)
        if moved:
            middle = middle + KEPT * rng.uniform(-0.08, 0.08, 2)
            side = KEPT * rng.uniform(0.9, 1.15)
        corner = np.rint((middle - side / 2) * len(image))
        whole = round(side * len(image))
        folder = 'moved' if moved else 'frames'
        write(out / folder / str(file), crop(image, corner, whole, 128))
        files.append(f'{folder}/{file}')
        keypoints.append((points * len(image) - corner) / whole)
    return dict(files=np.array(files), keypoints=np.stack(keypoints).astype(np.float32))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('source', type=Path)
    parser.add_argument('out', type=Path)
    args = parser.parse_args()
    for file in sorted((args.source / 'youtube_faces' / 'clips').glob('*/*.jpg')):
        image = cv2.imread(str(file))
        edge = round(len(image) * (1 - KEPT) / 2)
        side = len(image) - 2 * edge
        write(args.out / 'clips' / file.parent.name / file.name,
              crop(image, np.full(2, edge), side, 96))
    trained = [labelled(args.source, name, args.out, moved=False) for name in PRIOR_SETS]
    # Labels for projects/comparison/regress.py; training reads the shapes alone.
    train = {key: np.concatenate([part[key] for part in trained]) for key in trained[0]}
    np.savez(args.out / 'train.npz', **train)
    np.savez(args.out / 'prior.npz', keypoints=train['keypoints'])
    np.savez(args.out / f'{TEST_SET}.npz', **labelled(args.source, TEST_SET, args.out, False))
    np.savez(args.out / 'moved.npz', **labelled(args.source, TEST_SET, args.out, True))
    clips = len(list((args.out / 'clips').iterdir()))
    print(f'{args.out}: {clips} clips, {len(train["files"])} prior shapes')


if __name__ == '__main__':
    main()
