"""Scores of a detector that need no label.

They measure whether keypoints move with the image, whether the skeleton image y is the rendering
of its keypoints, how well keypoints explain the image, and whether poses vary as the prior's.
"""
from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from .symmetry import IDENTITY, Symmetry, apply_symmetry

# Mean squared difference of two skeleton images in [-1, 1] at which agreement starts to count.
AGREEMENT_SCALE = 0.05
# A ratio below this is as bad as can be: keeps the score of a total collapse finite.
SPREAD_FLOOR = 1e-3
# Points that move more exactly with the image than this fraction of the side gain nothing.
MOVED_FLOOR = 1e-3
RECONSTRUCTION_WEIGHT = 0.25
# Error on painted figures, fraction of the side, that costs and gains nothing.
PAINTED_SCALE, PAINTED_WEIGHT = 0.05, 0.5
# Flips between neighbouring frames: the distance, in fractions of the side, that is more than
# noise, and the share of it that a symmetry must leave at most.
FLIP_LEAST, FLIP_RATIO = 0.03, 0.5


def pose_spread(poses: np.ndarray) -> float:
    """How much (N, K, 2) poses vary in shape and size: root mean square of the standard deviations
    over images of all 2K coordinates, after each pose's mean position is removed.

    Raises:
        ValueError: fewer than two poses.
    """
    if len(poses) < 2:
        raise ValueError(f'spread needs at least two poses, got {len(poses)}')
    centred = poses.astype(np.float64)
    centred = centred - centred.mean(axis=1, keepdims=True)
    return float(np.sqrt(centred.var(axis=0).mean()))


def label_free_score(agreement: float, reconstruction: float, spread: float, moved: float,
                     painted: float | None = None) -> float:
    """One number that ranks checkpoints of one set, of one run or several; higher is better::

        score = - log(max(m, 1e-3) / clip(s, 1e-3, 1))   what is found moves with the image
                - log(1 + a / a0)                        y is the rendering of its keypoints
                - log(r) / 4                             the keypoints explain the image
                - log(max(p, 1e-3) / p0) / 2             painted poses are still found

    m over s is noise over signal: large for a skeleton that ignores the image, for one pose
    everywhere and for a code. Agreement enters as log(1 + a/a0): a smear costs, a still finer line
    gains nothing. The reconstruction counts for a quarter: it falls as the generator learns,
    whether or not the points lie right. The error on painted figures counts for a half: it sees
    skeletons that drift off the body as a whole, which move with the image all the same; figures
    are not the footage, so it may rise while the footage is learnt. How well this ranks is measured
    in projects/score.

    Args:
        agreement: a >= 0, mean squared difference of y and its keypoints rendered, in [-1, 1].
        reconstruction: r > 0, reconstruction error (any fixed scale).
        spread: s >= 0, ratio of the predicted to the prior's :func:`pose_spread`; 1 is right.
        moved: m >= 0, how far keypoints of a moved image lie from the moved keypoints, fraction of
            the side.
        painted: p >= 0, error on painted figures, fraction of the side; None where none are
            painted, as if it were p0 = 0.05.
    """
    painted = PAINTED_SCALE if painted is None else painted
    return (-math.log(max(moved, MOVED_FLOOR) / min(max(spread, SPREAD_FLOOR), 1))
            - math.log1p(agreement / AGREEMENT_SCALE)
            - RECONSTRUCTION_WEIGHT * math.log(reconstruction)
            - PAINTED_WEIGHT * math.log(max(painted, MOVED_FLOOR) / PAINTED_SCALE))


def flipped_neighbours(poses: np.ndarray, neighbours: np.ndarray,
                       candidates: Mapping[str, Symmetry]) -> np.ndarray:
    """Which poses are their neighbouring frame's after a swap of names or a half turn.

    No body turns round in one frame: where a symmetry brings the two to less than half their
    distance, and that is more than noise, one of them is flipped.

    Args:
        poses, neighbours: (N, K, 2) unit coordinates.
        candidates: from :func:`symmetry_candidates`.

    Returns:
        np.ndarray: (N,) bool.
    """
    def distance(others: np.ndarray) -> np.ndarray:
        return np.linalg.norm(poses - others, axis=-1).mean(axis=-1) / 2

    direct = distance(neighbours)
    nearest = np.min([distance(apply_symmetry(neighbours, symmetry))
                      for name, symmetry in candidates.items() if name != IDENTITY], axis=0)
    return (direct > FLIP_LEAST) & (nearest < FLIP_RATIO * direct)
