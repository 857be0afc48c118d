"""Evaluation on labelled frames: a user's own (images and an npz), synthetic people and faces."""
from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Mapping, Sequence

import numpy as np
from mmpose.registry import DATASETS

from ikp_mm.datasets.keypoint_frames import (KeypointFramesDataset, choose_skeleton,
                                             keypoint_data_info, whole_images)
from ikp_mm.io.formats.npz import read_joint_names, read_npz
from ikp_mm.io.formats.pose_tables import PoseTable
from ikp_mm.priors.joint_order import order_joints, source_joint_names
from ikp_mm.priors.pose_sources import NamedPoses
from ikp_mm.priors.framing import without_far_points
from ikp_mm.skeletons import FACE68, H36M17, Skeleton
from ikp_mm.synthetic import SyntheticClips, SyntheticFaceClips

FRAMES = ('image', 'pixels')


@DATASETS.register_module()
class LabelledFramesDataset(KeypointFramesDataset):
    """Labelled image files, each read once when the dataset is built. The network sees each whole
    frame.

    Args:
        ann_file: npz with ``files`` (N,) strings, paths below ``data_root``, and ``keypoints``
            (N, K, 2), NaN where a joint is not labelled, as are points at exactly (0, 0) or
            (-1, -1); optionally ``joints``, K names in their order.
        data_root: folder of the images and of ``ann_file`` (unless that is absolute).
        skeleton: anything ``get_skeleton`` reads.
        metainfo: MMPose's raw meta dictionary (or ``dict(from_file=path)``) in its place, which
            MMPose's inference API reads from the config.
        frame: coordinates of the labels: 'image' (fractions of width and height) or 'pixels'.
        group_key: name of an array of N strings in the npz to average by; None is one group 'all'.
        subset: None, or (start, stop) or (start, stop, step) as in ``range``: which rows to use.
        options: see ``KeypointFramesDataset``.

    Raises:
        FileNotFoundError: no ``ann_file``.
        ValueError: missing array, shapes that do not agree, infinite values, an empty subset,
            'image' coordinates that are not fractions, 'pixels' that are; a file that lacks a joint
            of the skeleton; labels that lie far outside their images.
        UnreadableFrameError: an image that is missing or broken.
    """

    def __init__(self, ann_file: str, data_root: str = '', skeleton=None,
                 metainfo: Mapping | None = None, frame: str = 'image',
                 group_key: str | None = None, subset: Sequence[int] | None = None,
                 **options) -> None:
        if frame not in FRAMES:
            raise ValueError(f'frame must be one of {FRAMES}, got {frame!r}')
        if subset is not None and len(subset) not in (2, 3):
            raise ValueError(f'subset is (start, stop) or (start, stop, step), got {subset}')
        self.labels_path = Path(data_root) / ann_file
        self.image_root = Path(data_root)
        self.frame = frame
        self.group_key = group_key
        self.subset = slice(None) if subset is None else slice(*subset)
        super().__init__(choose_skeleton(skeleton, metainfo), **options)

    def load_data_list(self) -> list[dict]:
        """Read the labels and the size of every image; see the class for errors."""
        table, groups = self._load_labels()
        rows = range(len(table))[self.subset]
        if not rows:
            raise ValueError(f'{self.labels_path}: subset={self.subset} leaves none of '
                             f'{len(table)} rows')
        paths = [self.image_root / table.frames[row] for row in rows]
        boxes = whole_images(paths)
        table = table.take(rows)
        if self.frame == 'image':
            table = replace(table, keypoints=table.keypoints * boxes[:, None, 2:])
        table = without_far_points(table, boxes, 'image')
        return [dict(img_path=str(path), **keypoint_data_info(points, box, row, groups[row]))
                for path, points, box, row in zip(paths, table.keypoints, boxes, rows)]

    def _load_labels(self) -> tuple[PoseTable, Sequence[str]]:
        path = self.labels_path
        keys = ['files', 'keypoints'] + ([self.group_key] if self.group_key else [])
        arrays = read_npz(path, keys, 'Labels are an npz with files (N,) and keypoints (N, K, '
                          '2), see docs/your_videos.md')
        files, keypoints = arrays[0], arrays[1].astype(np.float64)
        groups = arrays[2] if self.group_key else ['all'] * len(files)
        poses = NamedPoses(keypoints, read_joint_names(path))
        keypoints = order_joints(keypoints, source_joint_names(poses, None, str(path)),
                                 self.skeleton, None, False, str(path))
        expected = (len(files), self.skeleton.num_joints, 2)
        if keypoints.shape != expected or len(groups) != len(files):
            raise ValueError(f'{path}: {len(files)} files need keypoints {expected} for '
                             f'{self.skeleton} and as many groups, got {keypoints.shape} and '
                             f'{len(groups)}')
        table = PoseTable(path, self.skeleton.joints, keypoints,
                          tuple(str(file).replace('\\', '/') for file in files),
                          ('',) * len(files)).without_marks()
        if np.isinf(keypoints).any():
            row, joint = np.argwhere(np.isinf(keypoints).any(axis=2))[0]
            raise ValueError(f"{path}: {table.name(row)}, joint '{table.joints[joint]}' is "
                             'infinite; use NaN for a joint without a label')
        labelled = np.abs(table.keypoints[np.isfinite(table.keypoints)])
        if labelled.size and (self.frame == 'image') == (np.median(labelled) > 1.5):
            other, = set(FRAMES) - {self.frame}
            raise ValueError(f"{path}: frame='image' means fractions 0..1, but labels run up to "
                             f'{labelled.max():.4g}; say frame={other!r}')
        return table, groups


class _SyntheticFramesDataset(KeypointFramesDataset):
    """Frames of synthetic clips with their true keypoints, images in memory. One group: 'all'."""

    def __init__(self, clips: SyntheticClips | SyntheticFaceClips, skeleton: Skeleton,
                 **options) -> None:
        self.clips = clips
        super().__init__(skeleton, **options)

    def load_data_list(self) -> list[dict]:
        """All frames of all clips, clip by clip."""
        data_list: list[dict] = []
        side = self.clips.image_size
        for clip in range(len(self.clips)):
            keypoints = self.clips.keypoints(clip)
            for t in range(self.clips.num_frames(clip)):
                info = keypoint_data_info(keypoints[t], (0, 0, side, side), len(data_list), 'all')
                data_list.append(dict(img=self.clips.frame(clip, t), **info))
        return data_list


@DATASETS.register_module()
class SyntheticPeopleDataset(_SyntheticFramesDataset):
    """Frames of ``SyntheticClips`` with their true joints, images in memory. One group: 'all'.

    Args:
        split: 'val' or 'test' (also 'train': for a supervised baseline only).
        num_clips, frames_per_clip, image_size, azimuth_deg, seed: see ``SyntheticClips``.
        options: see ``KeypointFramesDataset``.
    """

    METAINFO: dict = H36M17.to_metainfo()

    def __init__(self, split: str = 'test', num_clips: int = 40, frames_per_clip: int = 8,
                 image_size: int = 64, azimuth_deg: Sequence[float] = (-60.0, 60.0),
                 seed: int = 0, **options) -> None:
        clips = SyntheticClips(seed=seed, num_clips=num_clips, frames_per_clip=frames_per_clip,
                               image_size=image_size, azimuth_deg=tuple(azimuth_deg), split=split)
        super().__init__(clips, H36M17, **options)


@DATASETS.register_module()
class SyntheticFacesDataset(_SyntheticFramesDataset):
    """Frames of ``SyntheticFaceClips`` with their 68 true landmarks. One group: 'all'.

    Args:
        split: 'val' or 'test' (also 'train': for a supervised baseline only).
        num_clips, frames_per_clip, image_size, yaw_deg, seed: see ``SyntheticFaceClips``.
        options: see ``KeypointFramesDataset``.
    """

    METAINFO: dict = FACE68.to_metainfo()

    def __init__(self, split: str = 'test', num_clips: int = 40, frames_per_clip: int = 8,
                 image_size: int = 64, yaw_deg: Sequence[float] = (-35.0, 35.0),
                 seed: int = 0, **options) -> None:
        clips = SyntheticFaceClips(seed=seed, num_clips=num_clips, frames_per_clip=frames_per_clip,
                                   image_size=image_size, yaw_deg=tuple(yaw_deg), split=split)
        super().__init__(clips, FACE68, **options)
