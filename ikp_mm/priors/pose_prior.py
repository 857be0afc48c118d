"""The pose prior: keypoints only, of other people, other footage, mocap or another dataset.

Draw number n determines everything: the generator is ``default_rng([seed, 2, n, 0])``.
"""
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from mmengine.logging import MMLogger
from mmpose.registry import DATASETS
from torch.utils.data import Dataset

from ikp_mm.clips.transforms import RandomSimilarity
from ikp_mm.priors.arrays import read_poses
from ikp_mm.priors.pose_sources import POSE_SOURCES, NamedPoses
from ikp_mm.priors.rows import skeleton_rows
from ikp_mm.skeletons import Skeleton, get_skeleton

RNG_STREAM = 2


@DATASETS.register_module()
class PosePriorDataset(Dataset):
    """Unpaired poses.

    ``dataset[draw]`` returns ``keypoints`` (K, 2) float32 tensor in unit coordinates [-1, 1]
    (x, y), 0 where a joint is missing, ``visible`` (K,) bool tensor and ``draw`` int.

    Args:
        poses: where they come from, one of

            - the path of an .npz or .npy file, or an (N, K, 2) array, with ``frame``;
            - the dict of a source, ``dict(type=name, ...)``: a name in ``POSE_SOURCES`` and the
              arguments of its function (docs/priors.md lists them);
            - a mix: a list of such dicts, each with a ``weight``. A draw picks a source by weight,
              then one of its rows.

            A source dict may also hold ``joints``, the names of its joints in its own order (a
            list, or anything ``get_skeleton`` reads); ``joint_names``, see ``order_joints``;
            ``min_visible``, which leaves out poses with fewer joints of the skeleton (how many is
            logged); and ``placement``, see ``placed``. Joints of sources with names are reordered
            by name and those not wanted are dropped; without names the order is taken to be the
            skeleton's. An npz file may hold its names in an array ``joints``.
        skeleton: anything ``get_skeleton`` reads.
        key: the array's name in the npz file.
        frame: the coordinates of a file or an array, must be stated: 'unit' (-1..1), 'image'
            (0..1) or ('pixels', W, H). A source dict knows its own: leave None.
        allow_missing: NaN marks missing joints, and sources may lack joints of the skeleton,
            instead of being refused. Every joint must occur in some row.
        jitter: None, or a dict for ``RandomSimilarity`` (flip, rotate_deg, scale, shift), about
            the centre of the frame. A flip mirrors and exchanges left and right joints.
            ``rotate_deg`` may be a ramp over the draw number.
        max_poses: None, or use only this many of all rows, chosen at random, alike in every run.
        seed: None takes the run's seed, handed over by ``GlobalDrawSampler``.

    Attributes:
        poses, visible: (N, K, 2) float32 and (N, K) bool rows of all sources, one source after the
            other, without jitter.
        sizes, weights: (M,) rows of each source, and its chance; they sum to N and 1.
        skeleton (Skeleton).

    Raises:
        FileNotFoundError: no such file.
        ValueError: no pose, other joints than the skeleton's, infinite or (unless allowed) missing
            values, a pose or a joint of which nothing is there; an unknown source, a mix without
            weights, a stated frame where the source knows its own; see ``poses_to_unit``,
            ``order_joints`` and the source.
    """

    def __init__(self, poses, skeleton, key: str = 'keypoints', frame=None,
                 allow_missing: bool = False, jitter: Mapping | None = None,
                 max_poses: int | None = None, seed: int | None = None) -> None:
        self.skeleton = get_skeleton(skeleton)
        what = self._load(poses, key, frame, allow_missing)
        if max_poses is not None:
            self._keep_subset(max_poses, what)
        self.jitter = None if jitter is None else RandomSimilarity(**jitter)
        if self.jitter is not None and self.jitter.flip > 0:
            self._tell_pairs()
        self.seed = seed
        self._own_seed = seed is not None

    def _load(self, poses, key: str, frame, allow_missing: bool) -> str:
        """Set the attributes from ``poses``; returns the names of its sources, for messages."""
        weights = [1.0]
        if isinstance(poses, Mapping) or _is_mix(poses):
            if frame is not None:
                raise ValueError("sources know their frame (type='file' takes its own): leave "
                                 f'frame=None instead of {frame!r}')
            if not isinstance(poses, Mapping):
                weights = [_weight(source) for source in poses]
            elif 'weight' in poses:
                raise ValueError(f'{dict(poses)}: a weight is for a list of sources')
            loaded = [_load_source(source, self.skeleton, allow_missing)
                      for source in ([poses] if isinstance(poses, Mapping) else poses)]
        else:
            if frame is None:
                raise ValueError("state the frame of the poses: frame='unit' (-1..1), 'image' "
                                 "(0..1) or ('pixels', W, H)")
            if isinstance(poses, (str, Path)):
                named, what = read_poses(poses, key, frame), str(poses)
            else:
                named, what = NamedPoses(np.asarray(poses)), 'pose array'
            loaded = [(*skeleton_rows(named, self.skeleton, frame, allow_missing, what), what)]
        rows, visible, names = zip(*loaded)
        self.poses, self.visible = np.concatenate(rows), np.concatenate(visible)
        self.sizes = np.array([len(own) for own in rows])
        self.weights = np.array(weights) / sum(weights)
        what, there = ' + '.join(names), self.visible.any(axis=0)
        if not there.all():
            raise ValueError(f"{what}: no row has the joint '"
                             f"{self.skeleton.joints[int(np.argmin(there))]}'")
        return what

    def _tell_pairs(self) -> None:
        """Log which joints change places in a mirrored pose."""
        joints, swap = self.skeleton.joints, self.skeleton.swap_indices
        pairs = [f'{joints[k]} - {joints[swap[k]]}' for k in range(len(joints)) if k < swap[k]]
        single = [joints[k] for k in range(len(joints)) if k == swap[k]]
        logger = MMLogger.get_current_instance()
        if pairs:
            logger.info(f"skeleton '{self.skeleton.name}': mirrored poses exchange {pairs}; "
                        f'joints without a mirror partner: {single}')
        elif len(joints) > 1:
            logger.warning(
                f"skeleton '{self.skeleton.name}': poses are mirrored (jitter.flip="
                f'{self.jitter.flip}), but no two joints are mirror partners by their names '
                f"{single}. If some are, name them: swaps=dict(a='b') in the skeleton")

    def __len__(self) -> int:
        """Number of poses. Any draw number >= 0 is valid."""
        return len(self.poses)

    def __getitem__(self, draw: int) -> dict:
        if self.seed is None:
            raise RuntimeError('PosePriorDataset has no seed: give seed=..., or use '
                               "GlobalDrawSampler, which hands over the run's seed")
        rng = np.random.default_rng([self.seed, RNG_STREAM, draw, 0])
        row = self._draw_row(rng)
        pose, visible = self.poses[row].astype(np.float64), self.visible[row].copy()
        if self.jitter is not None:
            similarity = self.jitter.sample(rng, int(draw))
            if similarity.flip:
                swap = self.skeleton.swap_indices
                pose, visible = pose[swap], visible[swap]
            pose = np.where(visible[:, None], similarity.apply_to_unit(pose), 0.0)
        return dict(keypoints=torch.from_numpy(pose.astype(np.float32)),
                    visible=torch.from_numpy(visible), draw=int(draw))

    def set_seed(self, seed: int) -> None:
        """Take the run's seed (again after a resume) unless the config states its own."""
        if not self._own_seed:
            self.seed = int(seed)

    def mean_pose(self) -> np.ndarray:
        """Mean of what is drawn, without jitter, over the rows with the joint, (K, 2) float32: of
        a mix every source counts by its weight, however many rows it has."""
        # Exactly 1 for a single source.
        by_row = np.repeat(self.weights * len(self.poses) / self.sizes, self.sizes)
        weight = by_row[:, None, None] * self.visible[..., None]
        return ((self.poses * weight).sum(axis=0) / weight.sum(axis=0)).astype(np.float32)

    def _keep_subset(self, max_poses: int, what: str) -> None:
        if not 1 <= max_poses <= len(self.poses):
            raise ValueError(f'{what}: max_poses={max_poses} of {len(self.poses)} poses')
        rng = np.random.default_rng(0)  # not the run's seed: all runs share the subset
        kept = np.sort(rng.choice(len(self.poses), max_poses, replace=False))
        source = np.repeat(np.arange(len(self.sizes)), self.sizes)
        self.sizes = np.bincount(source[kept], minlength=len(self.sizes))
        if (self.sizes == 0).any():
            raise ValueError(f'{what}: max_poses={max_poses} leaves a source of the mix without a '
                             f'row ({self.sizes.tolist()})')
        self.poses, self.visible = self.poses[kept], self.visible[kept]

    def _draw_row(self, rng: np.random.Generator) -> int:
        if len(self.sizes) == 1:
            return int(rng.integers(len(self.poses)))
        source = int(np.searchsorted(np.cumsum(self.weights)[:-1], rng.random(), side='right'))
        return int(self.sizes[:source].sum() + rng.integers(self.sizes[source]))


def _is_mix(poses) -> bool:
    """Whether ``poses`` is a list of sources."""
    if not isinstance(poses, (list, tuple)) or not any(
            isinstance(one, (Mapping, str, Path)) for one in poses):
        return False
    for one in poses:
        if not isinstance(one, Mapping):
            raise ValueError(f"a mix is a list of dict(type=..., weight=...), got {one!r} in it; "
                             "a file is dict(type='file', path=..., frame=..., weight=...)")
    return True


def _weight(source: Mapping) -> float:
    weight = source.get('weight')
    if not isinstance(weight, (int, float)) or not 0 < weight < np.inf:
        raise ValueError(f'every source of a mix needs a positive weight: {dict(source)}')
    return float(weight)


def _load_source(source: Mapping, skeleton: Skeleton, allow_missing: bool
                 ) -> tuple[np.ndarray, np.ndarray, str]:
    """``skeleton_rows`` of a source, and its name."""
    arguments = dict(source)
    arguments.pop('weight', None)
    wanted = {key: arguments.pop(key, None)
              for key in ('joints', 'joint_names', 'min_visible', 'placement')}
    what = f'pose source {arguments}'
    kind = arguments.pop('type', None)
    if kind not in POSE_SOURCES:
        raise ValueError(f'pose source type must be one of {sorted(POSE_SOURCES)}, got {kind!r}')
    return (*skeleton_rows(POSE_SOURCES[kind](**arguments), skeleton, 'image', allow_missing, what,
                           **wanted), what)
