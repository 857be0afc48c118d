"""Keypoint distances as the literature of named and unnamed keypoints reports them.

Source: %-MSE and its macro-average follow KeypointGAN (Jakab et al., CVPR 2020, arXiv 1907.02055),
whose "%-MSE" is a mean L2 distance, nothing squared.

Convention:
    - N images, K joints. Keypoints are (N, K, 2), (x, y), pixels of the original frame.
    - ``visible`` is (N, K) bool. A distance without a label is NaN, and no mean counts it.
    - A distance is reported in *units*: :func:`unit_lengths` gives how many pixels one unit is.
    - An image's error is the mean over its labelled joints; a group's the mean over its images;
      the score the mean over groups (macro-average: a long activity weighs no more).
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

UNIT_NAMES = {
    'image_side': 'percent of the image side',
    'pixels': 'pixels of the original frame',
    'keypoint_distance': 'percent of the distance between two joints',
}


@dataclass(frozen=True)
class Score:
    """One row of a result table.

    Attributes:
        mean: macro-average over groups, in units.
        per_group: group name -> mean over the group's images, in units, sorted by name.
        per_joint: (K,) macro-average per joint, in units; NaN for a joint without a label.
        per_image: (N,) error of each image, in units; NaN for an image without a label.
    """

    mean: float
    per_group: dict[str, float]
    per_joint: np.ndarray
    per_image: np.ndarray


def check_keypoints(predicted: np.ndarray, truth: np.ndarray, visible: np.ndarray,
                    named: bool = True) -> None:
    """Refuse (ValueError) arrays whose shapes do not agree, or not finite where they are needed.

    Args:
        predicted: (N, M, 2).
        truth, visible: (N, K, 2) and (N, K) bool.
        named: the predicted points are the joints: M must be K.
    """
    fits = predicted.shape == truth.shape if named else len(predicted) == len(truth)
    if not fits or any(array.ndim != 3 or array.shape[-1] != 2 for array in (predicted, truth)):
        raise ValueError(f'predicted and true keypoints must both be (N, {"K" if named else "*"}, '
                         f'2), got {predicted.shape} and {truth.shape}')
    if visible.shape != truth.shape[:2] or visible.dtype != bool:
        raise ValueError(f'visible must be bool {truth.shape[:2]}, got '
                         f'{visible.dtype} {visible.shape}')
    bad = np.flatnonzero(~np.isfinite(predicted).all(axis=(1, 2)))
    if bad.size:
        raise ValueError(f'the prediction of image {bad[0]} is not finite')
    bad = np.argwhere(visible & ~np.isfinite(truth).all(axis=-1))
    if bad.size:
        raise ValueError(f'image {bad[0][0]}, joint {bad[0][1]} is marked visible, '
                         'but its label is not finite')


def check_unit(unit: str, norm_joints: Sequence | None) -> None:
    """Raises ValueError: unknown unit; ``norm_joints`` missing or superfluous."""
    if unit not in UNIT_NAMES:
        raise ValueError(f'unit must be one of {tuple(UNIT_NAMES)}, got {unit!r}')
    if (norm_joints is not None) != (unit == 'keypoint_distance'):
        raise ValueError("norm_joints go with unit='keypoint_distance' and with no other, got "
                         f'unit={unit!r}, norm_joints={norm_joints}')


def joint_distances(predicted: np.ndarray, truth: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """L2 distance of each joint, (N, K) float64, NaN where not visible, of what was checked."""
    check_keypoints(predicted, truth, visible)
    difference = predicted.astype(np.float64) - np.where(visible[..., None], truth, 0)
    return np.where(visible, np.linalg.norm(difference, axis=-1), np.nan)


def unit_lengths(unit: str, input_scales: np.ndarray, truth: np.ndarray, visible: np.ndarray,
                 norm_joints: tuple[int, int] | None = None) -> np.ndarray:
    """How many pixels of the original frame one reported unit is, (N,).

    Args:
        unit: ``'image_side'`` (percent of the side of the network's input frame, which is what
            the crop covers in the original image, not a bounding box), ``'pixels'`` or
            ``'keypoint_distance'`` (percent of the true distance between ``norm_joints``).
        input_scales: (N, 2) width and height of the network's input frame, original pixels.
        truth, visible: (N, K, 2) labels and (N, K) bool.
        norm_joints: indices of the two joints; needed for ``'keypoint_distance'`` alone.

    Returns:
        np.ndarray: (N,) lengths; NaN where ``norm_joints`` are not both labelled.

    Raises:
        ValueError: see :func:`check_unit`; a frame that is not square has no one side; norm joints
            are labelled in one and the same place.
    """
    check_unit(unit, norm_joints)
    if unit == 'pixels':
        return np.ones(len(truth))
    if unit == 'image_side':
        width, height = np.asarray(input_scales, np.float64).T
        if not np.allclose(width, height, rtol=1e-4):
            row = int(np.argmax(np.abs(width - height)))
            raise ValueError(f"unit='image_side' needs a square input frame; that of image {row} "
                             f"is {width[row]:g} x {height[row]:g}: use unit='pixels'")
        return width / 100
    first, second = norm_joints
    length = np.linalg.norm(truth[:, first].astype(np.float64) - truth[:, second], axis=-1)
    labelled = visible[:, first] & visible[:, second]
    bad = np.flatnonzero(labelled & (length == 0))
    if bad.size:
        raise ValueError(f'joints {first} and {second} of image {bad[0]} are labelled in one '
                         'place: their distance cannot be a unit')
    return np.where(labelled, length, np.nan) / 100


def image_errors(distances: np.ndarray) -> np.ndarray:
    """Mean over labelled joints: (N, K) with NaN -> (N,), NaN for an image without a label."""
    labelled = np.isfinite(distances)
    count = labelled.sum(axis=1)
    total = np.where(labelled, distances, 0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def macro_average(errors: np.ndarray, groups: Sequence[str] | None = None
                  ) -> tuple[float, dict[str, float]]:
    """Mean per group, then over groups, of (N,) errors; NaN entries are left out.

    ``groups`` are (N,) names (e.g. the activity); None puts all images in one group, 'all'.

    Returns:
        tuple: the macro-average, and the mean of each group that has a number (by name).

    Raises:
        ValueError: ``groups`` has another length, or no error is a number.
    """
    names = np.asarray(['all'] * len(errors) if groups is None else groups, dtype=object)
    if len(names) != len(errors):
        raise ValueError(f'{len(names)} group names for {len(errors)} errors')
    known = np.isfinite(errors)
    if not known.any():
        raise ValueError('there is nothing to average: no image has a label that counts')
    means = {str(name): float(errors[known & (names == name)].mean())
             for name in sorted(set(names[known]))}
    return float(np.mean(list(means.values()))), means


def score_keypoints(predicted: np.ndarray, truth: np.ndarray, scored: np.ndarray,
                    lengths: np.ndarray, groups: Sequence[str] | None = None) -> Score:
    """Distances, units and averages of one set of predictions: the mode *direct*.

    The other modes are this score of other keypoints: :func:`swap_towards`, ``baselines.py``.

    Args:
        predicted, truth: (N, K, 2) pixels.
        scored: (N, K) bool, joints that are labelled and belong to the scored subset.
        lengths: (N,) from :func:`unit_lengths`; an image with NaN here is not scored.
        groups: (N,) group names, or None.

    Raises:
        ValueError: see :func:`check_keypoints` and :func:`macro_average`.
    """
    distances = joint_distances(predicted, truth, scored) / np.asarray(lengths)[:, None]
    per_image = image_errors(distances)
    mean, per_group = macro_average(per_image, groups)
    per_joint = np.full(distances.shape[1], np.nan)
    for joint in np.flatnonzero(np.isfinite(distances).any(axis=0)):
        per_joint[joint], _ = macro_average(distances[:, joint], groups)
    return Score(mean, per_group, per_joint, per_image)


def swap_joints(keypoints: np.ndarray, swap_indices: Sequence[int]) -> np.ndarray:
    """Exchange left and right names: (..., K, 2) -> (..., K, 2); the points stay in place.

    Raises:
        ValueError: ``swap_indices`` is no involution of the K joints.
    """
    swap = np.asarray(swap_indices)
    joints = keypoints.shape[-2]
    if swap.shape != (joints,) or not np.array_equal(np.sort(swap), np.arange(joints)) \
            or not np.array_equal(swap[swap], np.arange(joints)):
        raise ValueError(f'swap_indices must be an involution of {joints} joints, '
                         f'got {swap.tolist()}')
    return keypoints[..., swap, :]


def swap_towards(predicted: np.ndarray, reference: np.ndarray, compared: np.ndarray,
                 swap_indices: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Exchange left and right of a whole image where that brings it nearer to ``reference``.

    Towards the truth it is the mode *flip-aware*: it uses the truth, so it is never a result that
    stands alone. Towards a frozen regressor's keypoints on the skeleton image rendered from the
    prediction it is *flip-corrected*: that regressor knows the prior's shapes, so it decides
    without a label.

    Args:
        predicted, reference: (N, K, 2), same coordinates.
        compared: (N, K) bool, which joints decide; an image with none stays as it is.
        swap_indices: (K,) flip permutation.

    Returns:
        tuple: keypoints (N, K, 2) to score, and which images were swapped, (N,) bool.

    Raises:
        ValueError: see :func:`check_keypoints` and :func:`swap_joints`.
    """
    exchanged = swap_joints(predicted, swap_indices)
    # NaN, of an image with nothing to compare, compares False.
    swapped = (image_errors(joint_distances(exchanged, reference, compared))
               < image_errors(joint_distances(predicted, reference, compared)))
    return np.where(swapped[:, None, None], exchanged, predicted), swapped


def derived_landmarks(keypoints: np.ndarray, members: Sequence[Sequence[int]]) -> np.ndarray:
    """Each of L landmarks is the mean of its joints: (N, K, 2) -> (N, L, 2)."""
    return np.stack([keypoints[:, list(joints)].mean(axis=1) for joints in members], axis=1)


def derived_visible(visible: np.ndarray, members: Sequence[Sequence[int]]) -> np.ndarray:
    """A landmark is labelled where all its joints are: (N, K) bool -> (N, L) bool."""
    return np.stack([visible[:, list(joints)].all(axis=1) for joints in members], axis=1)
