"""Baselines: keypoints made without looking at the image, scored as a detector's are.

Convention: prior poses are in unit coordinates, [-1, 1] over the network's input frame;
keypoints are pixels of the original frame, and the frame of image n has its centre at
``centers[n]`` and is ``scales[n]`` = (w, h) pixels large.
"""
from __future__ import annotations

import numpy as np

# Poses compared at once: K * 65536 floats a buffer, a few megabytes.
CHUNK = 65536


def unit_to_original(poses: np.ndarray, centers: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Unit coordinates (N, K, 2) to pixels of the original frames, (N, K, 2).

    One pose (1, K, 2), the prior's mean, goes to the same place of every frame.
    """
    return centers[:, None] + poses / 2 * scales[:, None]


def original_to_unit(keypoints: np.ndarray, centers: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Pixels of the original frames (N, K, 2) to unit coordinates, (N, K, 2)."""
    return 2 * (keypoints - centers[:, None]) / scales[:, None]


def box_mean_pose_keypoints(mean_pose: np.ndarray, truth: np.ndarray, visible: np.ndarray
                            ) -> np.ndarray:
    """The mean pose moved and scaled to each image's true box, (N, K, 2) pixels: an oracle.

    Both boxes are those of the labelled joints. Their centres are laid on each other, and one
    scale for both axes (the pose keeps its shape) brings the corners nearest by least squares:
    ``s = (w_mean w_true + h_mean h_true) / (w_mean^2 + h_mean^2)``.

    Args:
        mean_pose: (K, 2) in any coordinates.
        truth, visible: (N, K, 2) pixels and (N, K) bool; an image without a label gets zeros.
    """
    fitted = np.zeros(truth.shape)
    for row in np.flatnonzero(visible.any(axis=1)):
        labelled = visible[row]
        low, high = mean_pose[labelled].min(axis=0), mean_pose[labelled].max(axis=0)
        true_low, true_high = truth[row, labelled].min(axis=0), truth[row, labelled].max(axis=0)
        squared_diagonal = float(((high - low) ** 2).sum())
        # One labelled joint has a box without size: it is laid on its label, at any scale.
        scale = float(((high - low) * (true_high - true_low)).sum()) / squared_diagonal \
            if squared_diagonal > 0 else 1.0
        fitted[row] = (true_low + true_high) / 2 + scale * (mean_pose - (low + high) / 2)
    return fitted


def nearest_prior_keypoints(poses: np.ndarray, truth: np.ndarray, scored: np.ndarray,
                            centers: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """For each image the prior pose nearest to its truth, as it is, (N, K, 2) pixels: an oracle.

    The distance is the scored one, the mean L2 distance over the scored joints.

    Args:
        poses: (M, K, 2) unit coordinates.
        truth: (N, K, 2) pixels.
        scored: (N, K) bool; an image without a scored joint gets the first pose.
        centers, scales: (N, 2) the images' frames, pixels.

    Raises:
        ValueError: the prior is empty or has another number of joints.
    """
    if poses.ndim != 3 or poses.shape[1:] != truth.shape[1:] or not len(poses):
        raise ValueError(f'prior poses must be (M, {truth.shape[1]}, 2), got {poses.shape}')
    # (2, K, M): one joint's coordinate over all poses is contiguous.
    columns = np.ascontiguousarray(poses.transpose(2, 1, 0), dtype=np.float32)
    target = original_to_unit(truth, centers, scales)
    nearest = np.zeros(len(truth), dtype=np.int64)
    for row in np.flatnonzero(scored.any(axis=1)):
        joints = np.flatnonzero(scored[row])
        best = np.inf
        for start in range(0, len(poses), CHUNK):
            chunk = columns[:, :, start:start + CHUNK]
            total = np.zeros(chunk.shape[2], dtype=np.float32)
            for joint in joints:
                # Back to pixels (up to the factor 1/2), so that a frame that is not square
                # ranks poses by true distance.
                dx = (chunk[0, joint] - np.float32(target[row, joint, 0])) * scales[row, 0]
                dy = (chunk[1, joint] - np.float32(target[row, joint, 1])) * scales[row, 1]
                total += np.sqrt(dx * dx + dy * dy)
            index = int(np.argmin(total))
            if total[index] < best:
                best, nearest[row] = float(total[index]), start + index
    return unit_to_original(poses[nearest], centers, scales)
