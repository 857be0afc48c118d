"""Local binary features (Ren et al. 2014) on 300-W faces, with OpenCV's trainer (``lbf.cpp``).

    python projects/lbf/lbf.py data/faces_300w projects/lbf/lbf.json
"""
import argparse
import json
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

from ikp_mm.evaluation.functional import score_keypoints, unit_lengths
from ikp_mm.skeletons import get_skeleton

SIDE = 128
NEEDS = 'Debian and Ubuntu: apt-get install --no-install-recommends g++ libopencv-contrib-dev'


def read(data: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Grey faces (N, SIDE, SIDE) and their points (N, 68, 2), pixels, centres whole numbers."""
    if not (data / name).is_file():
        sys.exit(f'{data / name} is missing: projects/faces_300w/prepare.py writes it')
    table = np.load(data / name)
    faces = [cv2.imread(str(data / str(file)), cv2.IMREAD_GRAYSCALE) for file in table['files']]
    for file, face in zip(table['files'], faces):
        if face is None or face.shape != (SIDE, SIDE):
            sys.exit(f'{data / str(file)} is no image of {SIDE} x {SIDE} pixels')
    return np.stack(faces), table['keypoints'].astype(np.float32) * SIDE - 0.5


def build(work_dir: Path) -> Path:
    """Compile ``lbf.cpp``, or end with what has to be installed."""
    program = work_dir.resolve() / 'lbf'
    if shutil.which('g++') is None:
        sys.exit(f'there is no g++. {NEEDS}')
    done = subprocess.run(
        ['g++', '-O2', '-I/usr/include/opencv4', str(Path(__file__).with_suffix('.cpp')),
         '-o', str(program), '-lopencv_face', '-lopencv_core'], capture_output=True, text=True)
    if done.returncode:
        error = next((line for line in done.stderr.splitlines() if 'error' in line), done.stderr)
        sys.exit(f'lbf.cpp needs OpenCV with its face module ({error.strip()}). {NEEDS}')
    return program


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('data', type=Path, help='what projects/faces_300w/prepare.py wrote')
    parser.add_argument('out', type=Path, help='JSON file for the result')
    parser.add_argument('--work-dir', type=Path, default='work_dirs/lbf')
    parser.add_argument('--init-shapes', type=int, default=1, help='starts a face (OpenCV: 10)')
    parser.add_argument('--candidates', type=int, default=100,
                        help='pixel pairs tried at a node (OpenCV: 500, 500, 500, 300, 300)')
    args = parser.parse_args()
    faces, shapes = read(args.data, 'train.npz')
    test, truth = read(args.data, 'lfpw_test.npz')
    args.work_dir.mkdir(parents=True, exist_ok=True)
    program = build(args.work_dir)
    # A tree gets a run of consecutive faces, so the three sets are mixed.
    order = np.random.default_rng(0).permutation(len(faces))
    paths = [args.work_dir / name for name in ('train.u8', 'train.f32', 'test.u8', 'fitted.f32')]
    for path, array in zip(paths, (faces[order], shapes[order], test)):
        array.tofile(path)
    log = args.work_dir / 'train.log'
    print(f'training on {len(faces)} faces, printed to {log}', flush=True)
    with open(log, 'w') as file:
        code = subprocess.run([program, str(SIDE), str(args.init_shapes), str(args.candidates), *paths],
                              stdout=file, stderr=file).returncode
    if code:
        sys.exit(f'training ended with code {code}: see {log}')
    minutes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime / 60
    fitted = np.fromfile(paths[-1], np.float32).reshape(truth.shape)

    eyes = [get_skeleton('face68').index(f'{side}_eye_outer') for side in ('right', 'left')]
    scored, sides = np.ones(truth.shape[:2], bool), np.full((len(truth), 2), SIDE)
    lengths = unit_lengths('keypoint_distance', sides, truth, scored, eyes)
    mean = np.broadcast_to(shapes.mean(axis=0), truth.shape)
    direct, mean_pose = (score_keypoints(points, truth, scored, lengths).mean
                         for points in (fitted, mean))
    result = dict(direct=round(direct, 3), mean_pose=round(mean_pose, 3), seeds=None,
                  unit='% of the eye distance', n_train=len(faces), n_test=len(truth),
                  init_shapes=args.init_shapes, candidates=args.candidates, minutes=round(minutes, 1))
    args.out.write_text(json.dumps(result, indent=1) + '\n')
    print(json.dumps(result))


if __name__ == '__main__':
    main()
