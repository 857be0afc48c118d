"""The linear map from predicted points to labelled joints: how points without names are scored.

Source: the protocol of Thewlis et al., ICCV 2017, which Jakab et al. 2018 and Zhang et
al. 2018 follow: all 2M predicted numbers (and here an intercept) explain each coordinate of each
joint, fitted by least squares on a few labelled images.

Convention: N images, M predicted points, K labelled joints; coordinates are (x, y) of the
network's input frame, e.g. in [-1, 1] (images differ in crop: the map must not have to learn it).
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ikp_mm.evaluation.functional.keypoint_distance import check_keypoints

# Singular values below this fraction of the largest (the intercept's among them) count as zero:
# float32 predictions of a collapsed point differ by about 1e-7 of the frame.
RANK_TOLERANCE = 1e-6
RIDGES = tuple(10.0**exponent for exponent in range(-6, 3))
FOLDS = 5


@dataclass(frozen=True)
class LinearMap:
    """``joint = points @ weights + intercept``.

    Attributes:
        weights: (2M, K, 2).
        intercept: (K, 2).
        ranks: (K,) int, dimensions that the fit set's centred points span, for each joint; below
            2M (too few images, collapsed points) the map is the one of least norm among those
            that fit best.
        ridge: what it was fitted with.
    """

    weights: np.ndarray
    intercept: np.ndarray
    ranks: np.ndarray
    ridge: float

    @property
    def determined(self) -> bool:
        """No other map fits as well: the points span all dimensions, or a ridge decides."""
        return self.ridge > 0 or bool((self.ranks == len(self.weights)).all())

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Points (N, M, 2) -> joints (N, K, 2)."""
        flat = points.reshape(len(points), -1).astype(np.float64)
        return np.tensordot(flat, self.weights, axes=1) + self.intercept


def fit_linear_map(points: np.ndarray, truth: np.ndarray, visible: np.ndarray,
                   ridge: float = 0.0, named: bool = False) -> LinearMap:
    """Least squares with an intercept, joint by joint over the images that label the joint.

    Both sides are centred first, so the intercept is never shrunk. With fewer images than
    unknowns, or points that span fewer dimensions, the solution is the one of least norm.

    Args:
        points: (N, M, 2) predicted points.
        truth, visible: (N, K, 2) labels, same coordinates, and (N, K) bool, which are read.
        ridge: minimise ``mean |error|^2 + ridge |weights|^2`` in place of plain least squares (0).
        named: point k is joint k (M = K). The map is then the identity and a correction, and the
            ridge and the least norm shrink the correction.

    Raises:
        ValueError: shapes that do not agree, values that are not finite, a joint without a label,
            negative ridge.
    """
    check_keypoints(points, truth, visible, named=False)
    if not len(points):
        raise ValueError('there is no image to fit a linear map on')
    if ridge < 0:
        raise ValueError(f'ridge must not be negative, got {ridge}')
    if named:
        correction = fit_linear_map(points, truth - points, visible, ridge)
        identity = np.eye(correction.weights.shape[0]).reshape(correction.weights.shape)
        return replace(correction, weights=correction.weights + identity)
    design = points.reshape(len(points), -1).astype(np.float64)
    joints, unknowns = truth.shape[1], design.shape[1]
    unlabelled = np.flatnonzero(~visible.any(axis=0))
    if unlabelled.size:
        raise ValueError(f'joint {unlabelled[0]} has no label among the {len(points)} images that '
                         'the linear map is fitted on')
    weights = np.zeros((unknowns, joints, 2))
    intercept = np.zeros((joints, 2))
    ranks = np.zeros(joints, dtype=np.int64)
    # Joints that the same images label share one decomposition.
    patterns, pattern_of = np.unique(visible, axis=1, return_inverse=True)
    for number, rows in enumerate(patterns.T):
        alike = np.flatnonzero(pattern_of.ravel() == number)
        inputs, outputs = design[rows], truth[rows][:, alike].astype(np.float64)
        mean_input, mean_output = inputs.mean(axis=0), outputs.mean(axis=0)
        left, values, right = np.linalg.svd(inputs - mean_input, full_matrices=False)
        # sqrt(n) is the intercept's singular value: what is nothing beside it is no motion.
        kept = values > RANK_TOLERANCE * max(values[0], np.sqrt(len(inputs)))
        gains = np.where(kept, values, 0) / np.where(kept, values**2 + ridge * len(inputs), 1)
        solver = right.T @ (gains[:, None] * left.T)
        weights[:, alike] = np.tensordot(solver, outputs - mean_output, axes=1)
        ranks[alike] = kept.sum()
        intercept[alike] = mean_output - np.tensordot(mean_input, weights[:, alike], axes=1)
    return LinearMap(weights, intercept, ranks, ridge)


def choose_ridge(points: np.ndarray, truth: np.ndarray, visible: np.ndarray,
                 groups: Sequence[str], named: bool = False) -> float:
    """The one of ``RIDGES`` with the least mean distance on images that were not fitted on.

    Cross-validation in ``FOLDS`` parts (fewer where there are fewer groups); images of one group
    are never apart, as neighbouring frames of one clip would tell each other.

    Args:
        points, truth, visible, named: as of :func:`fit_linear_map`.
        groups: (N,) what each image belongs to, such as its clip.

    Raises:
        ValueError: fewer than two groups; as :func:`fit_linear_map`.
    """
    _, parts = np.unique(groups, return_inverse=True)
    parts %= FOLDS
    if len(set(parts)) < 2:
        raise ValueError(f'a ridge cannot be chosen by cross-validation: all {len(points)} '
                         'labelled images are of one group')
    errors = np.zeros(len(RIDGES))
    for held in (parts == part for part in set(parts)):
        fit = ~held
        for number, ridge in enumerate(RIDGES):
            fitted = fit_linear_map(points[fit], truth[fit], visible[fit], ridge, named)
            distances = np.linalg.norm(fitted(points[held]) - truth[held], axis=2)
            errors[number] += distances[visible[held]].sum()
    return RIDGES[int(errors.argmin())]


def regressed(predicted: np.ndarray, truth: np.ndarray, visible: np.ndarray, num_fit: int,
              ridge: float = 0.0) -> tuple[np.ndarray, LinearMap]:
    """Map predictions linearly to labels, fitted on the first ``num_fit`` images.

    Args:
        predicted, truth, visible: as of :func:`fit_linear_map`.
        num_fit: n, the number of labelled images used; they must not be scored.
        ridge: see :func:`fit_linear_map`.

    Returns:
        tuple: keypoints (N - n, K, 2) of the remaining images, and the map, whose ``ranks`` say
        whether points have collapsed.

    Raises:
        ValueError: nothing is left to score; without a ridge a joint has fewer than 2M + 1 labels
            in the fit set.
    """
    check_keypoints(predicted, truth, visible, named=False)
    images, points = predicted.shape[:2]
    unknowns = 2 * points + 1
    if not 0 < num_fit < images:
        raise ValueError(f'n_regress must leave images to score: 0 < n < {images}, got {num_fit}')
    labels = visible[:num_fit].sum(axis=0)
    short = np.flatnonzero(labels < unknowns)
    if short.size and not ridge:
        raise ValueError(f'joint {short[0]} has {labels[short[0]]} labels among the first '
                         f'{num_fit} images; a linear map of {points} keypoints has {unknowns} '
                         'unknowns: raise n_regress, or give a ridge')
    fitted = fit_linear_map(predicted[:num_fit], truth[:num_fit], visible[:num_fit], ridge)
    return fitted(predicted[num_fit:]), fitted
