"""The pose prior that a metric compares with, built from a config."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from mmpose.registry import DATASETS

from ikp_mm.skeletons import Skeleton


class BuiltPrior(NamedTuple):
    """A prior without jitter, in unit coordinates."""

    complete: np.ndarray  # (M, K, 2), the poses of which no joint is missing
    mean: np.ndarray  # (K, 2), each joint over the poses that have it


def build_prior(prior: dict, dataset_meta: dict) -> BuiltPrior:
    """Build the prior that a config describes.

    Its ``type`` defaults to ``PosePriorDataset``, and its ``skeleton`` to the joints, links and
    swaps of the evaluated data set, whose meta information MMPose has parsed.

    Raises:
        TypeError: ``prior`` is no dict.
        ValueError: the prior's number of joints is not the data set's, or every pose of it
            lacks a joint; and what the data set raises.
    """
    if not isinstance(prior, dict):
        raise TypeError('prior must be the config dict of a pose prior, e.g. '
                        f"dict(poses='prior.npz', frame='image'), got {type(prior).__name__}")
    joints = dataset_meta['num_keypoints']
    skeleton = Skeleton.from_parsed_metainfo(dataset_meta)
    dataset = DATASETS.build({'type': 'PosePriorDataset', 'skeleton': skeleton, **prior})
    if dataset.poses.shape[1:] != (joints, 2):
        raise ValueError(f"the metric's prior has poses {dataset.poses.shape}, but the evaluated "
                         f'data set {dataset_meta["dataset_name"]!r} has {joints} joints')
    complete = dataset.poses[dataset.visible.all(axis=1)]
    if not len(complete):
        raise ValueError("every pose of the metric's prior lacks a joint: the nearest prior pose "
                         'and the spread need complete poses')
    return BuiltPrior(complete.astype(np.float64), dataset.mean_pose().astype(np.float64))
