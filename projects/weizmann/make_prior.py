"""Poses as these clips show people: arms swung to any height, some figures bent over.

    python projects/weizmann/make_prior.py data/cmu_mocap/prior_2d.npz data/weizmann_prior.npz

Mocap of walks and dances holds next to none of that, and what the prior does not hold the method
does not draw. No frame of the clips is looked at: which joints people can move, and how far, is
common knowledge. Each pose of the input is kept once as it is and once changed.
"""
import argparse

import numpy as np

from ikp_mm.skeletons import get_skeleton

SKELETON = get_skeleton('h36m17')
BEND_SHARE = 0.25  # of the changed poses; the others swing their arms
# In torsos (root to thorax): an upper arm and a forearm, seen at full length.
UPPER_ARM, FOREARM = 0.6, 0.5


def turned(vectors: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """(N, J, 2) turned by (N,) radians, clockwise on the screen (y down)."""
    cos, sin = np.cos(angles)[:, None], np.sin(angles)[:, None]
    x, y = vectors[..., 0], vectors[..., 1]
    return np.stack([cos * x - sin * y, sin * x + cos * y], axis=-1)


def swing_arms(poses: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Both arms alike (half of the poses) or one of them, from hanging to straight up."""
    index = SKELETON.joints.index
    swung = poses.copy()
    torso = np.linalg.norm(poses[:, index('root')] - poses[:, index('thorax')], axis=1)
    raised = {side: rng.uniform(-10, 180, len(poses)) for side in ('left', 'right')}
    alike = rng.random(len(poses)) < 0.5
    raised['right'] = np.where(alike, raised['left'] + rng.normal(0, 8, len(poses)),
                               np.where(rng.random(len(poses)) < 0.7, 5, raised['right']))
    for side in ('left', 'right'):
        shoulder, elbow, wrist = (index(f'{side}_{part}')
                                  for part in ('shoulder', 'elbow', 'wrist'))
        # Away from the body: to the side of the screen on which this shoulder lies.
        outward = np.sign(poses[:, shoulder, 0] - poses[:, index('thorax'), 0] + 1e-6)
        upper = np.radians(raised[side])
        lower = upper + np.radians(rng.uniform(-10, 50, len(poses)))
        for start, end, angle, length in ((shoulder, elbow, upper, UPPER_ARM),
                                          (elbow, wrist, lower, FOREARM)):
            step = np.stack([outward * np.sin(angle), np.cos(angle)], axis=1)
            swung[:, end] = swung[:, start] + length * torso[:, None] * step
    return swung


def bend(poses: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Everything above the hips turned about the root, either way; arms hang from the shoulders."""
    index = SKELETON.joints.index
    bent, root = poses.copy(), poses[:, [index('root')]]
    above = [index(name) for name in ('spine', 'thorax', 'neck_base', 'head', 'left_shoulder',
                                      'right_shoulder')]
    angles = np.radians(rng.uniform(10, 115, len(poses))) * rng.choice([-1, 1], len(poses))
    bent[:, above] = root + turned(poses[:, above] - root, angles)
    torso = np.linalg.norm(poses[:, index('thorax')] - root[:, 0], axis=1)
    for side in ('left', 'right'):
        shoulder, elbow, wrist = (index(f'{side}_{part}')
                                  for part in ('shoulder', 'elbow', 'wrist'))
        for start, end, length in ((shoulder, elbow, UPPER_ARM), (elbow, wrist, FOREARM)):
            hanging = rng.normal(0, 0.25, len(poses))
            step = np.stack([np.sin(hanging), np.cos(hanging)], axis=1)
            bent[:, end] = bent[:, start] + length * torso[:, None] * step
    return bent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('poses', help="npz with keypoints (N, 17, 2), fractions of the frame, in "
                        "the order of 'h36m17'")
    parser.add_argument('out', help='npz to write')
    args = parser.parse_args()
    poses = np.load(args.poses)['keypoints'].astype(np.float64)
    rng = np.random.default_rng(0)
    # Who is seen from the side bends over, who is seen from the front swings the arms.
    width = np.abs(poses[:, SKELETON.joints.index('left_shoulder'), 0]
                   - poses[:, SKELETON.joints.index('right_shoulder'), 0])
    bending = width < np.quantile(width, BEND_SHARE)
    changed = np.where(bending[:, None, None], bend(poses, rng), swing_arms(poses, rng))
    np.savez(args.out, keypoints=np.concatenate([poses, changed]).astype(np.float32),
             joints=np.array(SKELETON.joints))
    print(f'{args.out}: {len(poses)} poses as they were, {int(bending.sum())} bent, '
          f'{int((~bending).sum())} with arms swung')


if __name__ == '__main__':
    main()
