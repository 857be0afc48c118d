"""Evaluation on labelled frames: a user's own (image files and an npz), synthetic people."""
from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Callable, Mapping, Sequence

import numpy as np
from mmpose.registry import DATASETS

from ikp_mm.datasets.keypoint_frames import (KeypointFramesDataset, choose_skeleton,
                                             keypoint_data_info)
from ikp_mm.io.formats.npz import read_joint_names, read_npz
from ikp_mm.io.formats.pose_tables import PoseTable
from ikp_mm.io.pictures import read_image
from ikp_mm.priors.joint_order import order_joints, source_joint_names
from ikp_mm.priors.pose_sources import NamedPoses
from ikp_mm.priors.table_framing import without_far_points
from ikp_mm.skeletons import H36M17
from ikp_mm.synthetic import SyntheticClips

FRAMES = ('image', 'pixels')


@DATASETS.register_module()
class LabelledFramesDataset(KeypointFramesDataset):
    """Labelled image files. The network sees each whole frame.

    Each image is read once when the dataset is built, because its size is needed, so a missing or
    broken file is refused by name before anything runs.

    Args:
        ann_file: npz with ``files`` (N,) strings, paths below ``data_root``, and ``keypoints``
            (N, K, 2), NaN where a joint is not labelled, as are points at exactly (0, 0) or
            (-1, -1); optionally ``joints``, K names in their order.
        data_root: folder of the images and of ``ann_file`` (unless that is absolute).
        skeleton: anything ``get_skeleton`` reads.
        metainfo: MMPose's raw meta dictionary (or ``dict(from_file=path)``) in place of
            ``skeleton``; MMPose's inference API reads it from the config.
        frame: coordinates of the labels: 'image' (fractions of width and height) or 'pixels'.
        group_key: name of an array of N strings in the npz to average by; None is one group 'all'.
        subset: None, or (start, stop) or (start, stop, step) as in ``range``: which rows to use.
        pipeline, indices, test_mode, serialize_data, lazy_init: see ``KeypointFramesDataset``.

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
                 pipeline: Sequence[dict | Callable] = (),
                 indices: int | Sequence[int] | None = None, test_mode: bool = True,
                 serialize_data: bool = True, lazy_init: bool = False) -> None:
        if frame not in FRAMES:
            raise ValueError(f'frame must be one of {FRAMES}, got {frame!r}')
        if subset is not None and len(subset) not in (2, 3):
            raise ValueError(f'subset is (start, stop) or (start, stop, step), got {subset}')
        self.labels_path = Path(data_root) / ann_file
        self.image_root = Path(data_root)
        self.frame = frame
        self.group_key = group_key
        self.subset = slice(None) if subset is None else slice(*subset)
        super().__init__(choose_skeleton(skeleton, metainfo), pipeline, indices, test_mode,
                         serialize_data, lazy_init)

    def load_data_list(self) -> list[dict]:
        """Read the labels and the size of every image; see the class for errors."""
        table, groups = self._load_labels()
        rows = range(len(table))[self.subset]
        if not rows:
            raise ValueError(f'{self.labels_path}: subset={self.subset} leaves none of '
                             f'{len(table)} rows')
        paths = [self.image_root / table.frames[row] for row in rows]
        sizes = np.array([read_image(path).shape[1::-1] for path in paths], np.float64)
        boxes = np.hstack([np.zeros_like(sizes), sizes])
        table = table.take(rows)
        if self.frame == 'image':
            table = replace(table, keypoints=table.keypoints * sizes[:, None])
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


@DATASETS.register_module()
class SyntheticPeopleDataset(KeypointFramesDataset):
    """Frames of ``SyntheticClips`` with their true joints, images in memory. One group: 'all'.

    Args:
        split: 'val' or 'test' (also 'train': for a supervised baseline only).
        num_clips, frames_per_clip, image_size, azimuth_deg, seed: see ``SyntheticClips``.
        pipeline, indices, test_mode, serialize_data, lazy_init: see ``KeypointFramesDataset``.
    """

    METAINFO: dict = H36M17.to_metainfo()

    def __init__(self, split: str = 'test', num_clips: int = 40, frames_per_clip: int = 8,
                 image_size: int = 64, azimuth_deg: Sequence[float] = (-60.0, 60.0),
                 seed: int = 0, pipeline: Sequence[dict | Callable] = (),
                 indices: int | Sequence[int] | None = None, test_mode: bool = True,
                 serialize_data: bool = True, lazy_init: bool = False) -> None:
        self.clips = SyntheticClips(seed, num_clips, frames_per_clip, image_size, azimuth_deg, split)
        super().__init__(H36M17, pipeline, indices, test_mode, serialize_data, lazy_init)

    def load_data_list(self) -> list[dict]:
        """All frames of all clips, clip by clip."""
        data_list: list[dict] = []
        side = self.clips.image_size
        for clip in range(len(self.clips)):
            for t, keypoints in enumerate(self.clips.keypoints(clip)):
                info = keypoint_data_info(keypoints, (0, 0, side, side), len(data_list), 'all')
                data_list.append(dict(img=self.clips.frame(clip, t), **info))
        return data_list
