"""The pose prior: keypoints only, of other people, other footage, mocap or another dataset.

Draw number n determines everything: the generator is ``default_rng([seed, 2, n, attempt])``.
"""
from __future__ import annotations

from pathlib import Path
from typing import Mapping, Sequence

import numpy as np
import torch
from mmpose.registry import DATASETS
from torch.utils.data import Dataset

from ikp_mm.datasets.h36m import h36m_poses
from ikp_mm.datasets.npz import read_npz
from ikp_mm.datasets.synthetic import generate_poses
from ikp_mm.datasets.transforms import RandomSimilarity
from ikp_mm.ops.coords import frame_to_unit
from ikp_mm.skeletons import Skeleton, get_skeleton

RNG_STREAM = 2
MAX_ATTEMPTS = 1000


def check_poses(poses: np.ndarray, skeleton: Skeleton, allow_missing: bool,
                what: str) -> np.ndarray:
    """Refuse poses that cannot be a prior.

    Args:
        poses: (N, K, 2), NaN marks a missing joint.
        skeleton: its K joints are what ``poses`` must have.
        allow_missing: whether single joints may be missing.
        what: file or source, for the error messages.

    Returns:
        (N, K) bool, which joints are there.

    Raises:
        ValueError: empty, wrong shape, infinite values, missing joints (unless allowed), a row
            without any joint, a joint that no row has. Names the row and the joint.
    """
    if poses.ndim != 3 or poses.shape[1:] != (skeleton.num_joints, 2):
        raise ValueError(f'{what}: poses must be (N, {skeleton.num_joints}, 2) for {skeleton}, '
                         f'got {poses.shape}')
    if len(poses) == 0:
        raise ValueError(f'{what}: holds no pose')
    visible = ~np.isnan(poses).any(axis=2)
    bad = np.isinf(poses).any(axis=2) | (False if allow_missing else ~visible)
    if bad.any():
        row, joint = np.argwhere(bad)[0]
        raise ValueError(
            f"{what}: row {row}, joint '{skeleton.joints[joint]}' is {poses[row, joint].tolist()} "
            f'({int(bad.any(axis=1).sum())} of {len(poses)} rows have such values); '
            'clean the file, or set allow_missing=True if NaN marks joints nobody labelled')
    if not visible.any(axis=1).all():
        raise ValueError(f'{what}: row {int(np.argmin(visible.any(axis=1)))} has no joint at all')
    if not visible.any(axis=0).all():
        joint = skeleton.joints[int(np.argmin(visible.any(axis=0)))]
        raise ValueError(f"{what}: no row has the joint '{joint}'")
    return visible


def poses_to_unit(poses: np.ndarray, frame: str | Sequence, what: str) -> np.ndarray:
    """Bring (N, K, 2) poses into unit coordinates [-1, 1].

    Args:
        poses: coordinates in ``frame``; NaN stays NaN.
        frame: 'unit', 'image' (fractions of the frame, 0..1) or ('pixels', W, H).
        what: for the error messages.

    Raises:
        ValueError: unknown frame, or most joints lie far outside the frame, so the stated frame is
            not the one the poses are in.
    """
    if frame == 'unit':
        unit = poses
    elif frame == 'image':
        unit = frame_to_unit(poses)
    elif not isinstance(frame, str) and len(frame) == 3 and frame[0] == 'pixels':
        unit = frame_to_unit(poses / np.asarray(frame[1:], float))
    else:
        raise ValueError(f"{what}: frame must be 'unit' (-1..1), 'image' (0..1) or "
                         f"('pixels', W, H), got {frame!r}")
    if np.nanmedian(np.abs(unit)) > 2:
        raise ValueError(f'{what}: most joints lie more than half a frame outside; values run '
                         f'from {np.nanmin(poses):.4g} to {np.nanmax(poses):.4g}, so '
                         f'frame={frame!r} is not the frame they are in')
    return unit


@DATASETS.register_module()
class PosePriorDataset(Dataset):
    """Unpaired poses.

    ``dataset[draw]`` returns ``keypoints`` (K, 2) float32 tensor in unit coordinates [-1, 1]
    (x, y), ``visible`` (K,) bool tensor and ``draw`` int. Coordinates of missing joints are 0.

    Args:
        poses: path of an npz file; an (N, K, 2) array; or the dict of a source:
            ``dict(type='synthetic', seed, num_poses, azimuth_deg)`` for
            ``synthetic.generate_poses``, ``dict(type='h36m', ann_file, subjects, activities,
            cameras, padding)`` for ``h36m.h36m_poses``.
        skeleton: anything ``get_skeleton`` reads.
        key: the array's name in the npz file.
        frame: the coordinates of a file or an array, must be stated: 'unit' (-1..1), 'image'
            (0..1) or ('pixels', W, H). A source dict knows its own: leave None.
        allow_missing: NaN marks missing joints, instead of being refused.
        margin: None, or how far in unit coordinates a joint may lie outside [-1, 1] after the
            jitter; a drawn pose that goes farther is thrown away and drawn again, jitter and all,
            so large poses become a little rarer. 0 keeps every joint in the frame, a negative
            margin keeps a border free.
        jitter: None, or a dict for ``RandomSimilarity`` (flip, rotate_deg, scale, shift), about
            the centre of the frame. A flip mirrors and exchanges left and right joints.
            ``rotate_deg`` may be a ramp over the draw number.
        max_poses: None, or use only this many, chosen at random by ``subset_seed``.
        subset_seed: see ``max_poses``; apart from ``seed`` so that all runs share the subset.
        seed: None takes the run's seed, handed over by ``GlobalDrawSampler``.

    Attributes:
        poses (np.ndarray (N, K, 2) float32): unit coordinates without jitter, missing ones 0.
        visible (np.ndarray (N, K) bool).
        skeleton (Skeleton).
    """

    def __init__(self, poses, skeleton, key: str = 'keypoints', frame=None,
                 allow_missing: bool = False, margin: float | None = None,
                 jitter: Mapping | None = None, max_poses: int | None = None,
                 subset_seed: int = 0, seed: int | None = None) -> None:
        self.skeleton = get_skeleton(skeleton)
        raw, frame, what = self._load(poses, key, frame)
        self.visible = check_poses(raw, self.skeleton, allow_missing, what)
        unit = poses_to_unit(raw.astype(np.float64), frame, what)
        self.poses = np.where(self.visible[..., None], unit, 0.0).astype(np.float32)
        if max_poses is not None:
            self._keep_subset(max_poses, subset_seed, what)
        self.jitter = None if jitter is None else RandomSimilarity(**jitter)
        self.margin = None if margin is None else float(margin)
        self.seed = seed
        self._own_seed = seed is not None
        self._what = what

    def __len__(self) -> int:
        """Number of poses. Any draw number >= 0 is valid."""
        return len(self.poses)

    def __getitem__(self, draw: int) -> dict:
        if self.seed is None:
            raise RuntimeError('PosePriorDataset has no seed: give seed=..., or use '
                               'GlobalDrawSampler, which hands over the run\'s seed')
        for attempt in range(MAX_ATTEMPTS):
            rng = np.random.default_rng([self.seed, RNG_STREAM, draw, attempt])
            pose, visible = self._draw_pose(rng, int(draw))
            if self.margin is None or np.abs(pose[visible]).max() <= 1 + self.margin:
                return dict(keypoints=torch.from_numpy(pose.astype(np.float32)),
                            visible=torch.from_numpy(visible), draw=int(draw))
        raise RuntimeError(f'{self._what}: {MAX_ATTEMPTS} poses in a row leave the frame by more '
                           f'than margin={self.margin}; widen it, or lessen the jitter')

    def set_seed(self, seed: int) -> None:
        """Take the run's seed (again after a resume) unless the config states its own."""
        if not self._own_seed:
            self.seed = int(seed)

    def mean_pose(self) -> np.ndarray:
        """Mean of the unjittered poses over the rows that have the joint, (K, 2) float32."""
        weight = self.visible[..., None].astype(np.float64)
        return ((self.poses * weight).sum(axis=0) / weight.sum(axis=0)).astype(np.float32)

    def _load(self, poses, key: str, frame) -> tuple[np.ndarray, str | Sequence, str]:
        if isinstance(poses, Mapping):
            if frame is not None:
                raise ValueError(f"poses of type '{poses.get('type')}' know their frame; "
                                 f'leave frame=None instead of {frame!r}')
            return self._load_source(dict(poses)), 'image', f'pose source {dict(poses)}'
        if frame is None:
            raise ValueError("state the frame of the poses: frame='unit' (-1..1), 'image' (0..1) "
                             "or ('pixels', W, H)")
        if isinstance(poses, (str, Path)):
            array, = read_npz(poses, [key], f"A pose prior is an npz with '{key}' (N, K, 2)")
            return array, frame, str(poses)
        return np.asarray(poses), frame, 'pose array'

    @staticmethod
    def _load_source(source: dict) -> np.ndarray:
        kind = source.pop('type', None)
        if kind == 'synthetic':
            return generate_poses(**source)
        if kind == 'h36m':
            return h36m_poses(**source)
        raise ValueError(f"pose source type must be 'synthetic' or 'h36m', got {kind!r}")

    def _keep_subset(self, max_poses: int, subset_seed: int, what: str) -> None:
        if not 1 <= max_poses <= len(self.poses):
            raise ValueError(f'{what}: max_poses={max_poses} but there are {len(self.poses)} poses')
        rng = np.random.default_rng(subset_seed)
        kept = np.sort(rng.choice(len(self.poses), max_poses, replace=False))
        self.poses, self.visible = self.poses[kept], self.visible[kept]

    def _draw_pose(self, rng: np.random.Generator, draw: int) -> tuple[np.ndarray, np.ndarray]:
        row = int(rng.integers(len(self.poses)))
        pose, visible = self.poses[row].astype(np.float64), self.visible[row]
        if self.jitter is None:
            return pose, visible.copy()
        similarity = self.jitter.sample(rng, draw)
        if similarity.flip:
            swap = self.skeleton.swap_indices
            pose, visible = pose[swap], visible[swap]
        moved = similarity.apply_to_unit(pose)
        return np.where(visible[:, None], moved, 0.0), visible.copy()
