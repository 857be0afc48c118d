"""Faces of ICT-FaceKit's 3D model (MIT licence), as 3D landmarks for the source 'motion3d'.

    python projects/faces_300w/make_ict_faces.py data/landmarks68/ict_facekit_68.npz \\
        data/faces_300w/ict_faces.npz

Identity coefficients are standard normal. Each expression, left and right together, is present in
one face of ten, with a strength uniform in 0 to 1; `mouthClose`, which undoes an open jaw, never.
"""
import argparse
from pathlib import Path

import ikp_mm  # noqa: F401
import numpy as np
from ikp_mm.command_line import run_tool, tool_parser
from ikp_mm.io.formats.npz import read_npz

LEFT_OUT = 'mouthClose'
PRESENT = 0.1


def random_faces(mean: np.ndarray, identity: np.ndarray, expression: np.ndarray,
                 names: np.ndarray, num: int, seed: int) -> np.ndarray:
    """Landmarks (num, 68, 3) in centimetres, y up, z towards the camera.

    Args:
        mean: (68, 3).
        identity: (I, 68, 3), displacements of one standard deviation.
        expression, names: (E, 68, 3) displacements at full strength, and their E names; those that
            differ in a last `_L` and `_R` are one expression.
        num: how many.
        seed: the same seed gives the same faces.
    """
    rng = np.random.default_rng(seed)
    both = [str(name).removesuffix('_L').removesuffix('_R') for name in names]
    kinds, kind_of = np.unique(both, return_inverse=True)
    strengths = rng.uniform(size=(num, len(kinds)))
    strengths *= rng.uniform(size=strengths.shape) < PRESENT
    strengths[:, kinds == LEFT_OUT] = 0
    return (mean + np.tensordot(rng.normal(size=(num, len(identity))), identity, axes=1)
            + np.tensordot(strengths[:, kind_of], expression, axes=1))


def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    parser.add_argument('model', type=Path,
                        help='npz with mean, identity, expression and expression_names')
    parser.add_argument('out', type=Path, help='npz to write: faces (N, 68, 3)')
    parser.add_argument('--num', type=int, default=2012, help='how many faces')
    parser.add_argument('--seed', type=int, default=0)
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    arrays = read_npz(args.model, ['mean', 'identity', 'expression', 'expression_names'],
                      'It is the reduced model of ICT-FaceKit')
    faces = random_faces(*arrays, args.num, args.seed)
    np.savez_compressed(args.out, faces=faces.astype(np.float32))
    print(f'{args.out}: {len(faces)} faces')


if __name__ == '__main__':
    run_tool(main, parse_args())
