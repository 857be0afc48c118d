"""Evaluation on labelled frames: a user's own (image files and an npz), synthetic people, faces."""
from __future__ import annotations

from pathlib import Path
from typing import Callable, Mapping, Sequence

import numpy as np
from mmpose.registry import DATASETS

from ikp_mm.datasets.keypoint_frames import (KeypointFramesDataset, choose_skeleton,
                                             keypoint_data_info)
from ikp_mm.io.formats.npz import read_npz
from ikp_mm.io.pictures import read_image
from ikp_mm.skeletons import FACE68, H36M17, Skeleton
from ikp_mm.synthetic import SyntheticClips, SyntheticFaceClips

FRAMES = ('image', 'pixels')


@DATASETS.register_module()
class LabelledFramesDataset(KeypointFramesDataset):
    """Labelled image files. The network sees each whole frame.

    Each image is read once when the dataset is built, because its size is needed, so a missing or
    broken file is refused by name before anything runs.

    Args:
        ann_file: npz with ``files`` (N,) strings, paths below ``data_root``, and ``keypoints``
            (N, K, 2), NaN where a joint is not labelled.
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
            'image' coordinates that are not fractions.
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
        files, keypoints, groups = self._load_labels()
        data_list = []
        for index in range(len(files))[self.subset]:
            path = self.image_root / str(files[index])
            height, width = read_image(path).shape[:2]
            pixels = keypoints[index] * ((width, height) if self.frame == 'image' else 1)
            info = keypoint_data_info(pixels, (0, 0, width, height), index, groups[index])
            data_list.append(dict(img_path=str(path), **info))
        if not data_list:
            raise ValueError(f'{self.labels_path}: subset={self.subset} leaves none of '
                             f'{len(files)} rows')
        return data_list

    def _load_labels(self) -> tuple[np.ndarray, np.ndarray, Sequence[str]]:
        path = self.labels_path
        keys = ['files', 'keypoints'] + ([self.group_key] if self.group_key else [])
        arrays = read_npz(path, keys, 'Labels are an npz with files (N,) and keypoints (N, K, '
                          '2), see docs/own_frames.md')
        files, keypoints = arrays[0], arrays[1].astype(np.float64)
        groups = arrays[2] if self.group_key else ['all'] * len(files)
        expected = (len(files), self.skeleton.num_joints, 2)
        if keypoints.shape != expected or len(groups) != len(files):
            raise ValueError(f'{path}: {len(files)} files need keypoints {expected} for '
                             f'{self.skeleton} and as many groups, got {keypoints.shape} and '
                             f'{len(groups)}')
        if np.isinf(keypoints).any():
            row, joint = np.argwhere(np.isinf(keypoints).any(axis=2))[0]
            raise ValueError(f"{path}: row {row}, joint '{self.skeleton.joints[joint]}' is "
                             'infinite; use NaN for a joint without a label')
        labelled = np.abs(keypoints[np.isfinite(keypoints)])
        if self.frame == 'image' and labelled.size and np.median(labelled) > 1.5:
            raise ValueError(f"{path}: frame='image' means fractions 0..1 but labels run up to "
                             f"{labelled.max():.4g}; say frame='pixels'")
        return files, keypoints, groups


class _SyntheticFramesDataset(KeypointFramesDataset):
    """Frames of synthetic clips with their true keypoints, images in memory. One group: 'all'."""

    def __init__(self, clips: SyntheticClips | SyntheticFaceClips, skeleton: Skeleton,
                 pipeline: Sequence[dict | Callable], indices: int | Sequence[int] | None,
                 test_mode: bool, serialize_data: bool, lazy_init: bool) -> None:
        self.clips = clips
        super().__init__(skeleton, pipeline, indices, test_mode, serialize_data, lazy_init)

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
        pipeline, indices, test_mode, serialize_data, lazy_init: see ``KeypointFramesDataset``.
    """

    METAINFO: dict = H36M17.to_metainfo()

    def __init__(self, split: str = 'test', num_clips: int = 40, frames_per_clip: int = 8,
                 image_size: int = 64, azimuth_deg: Sequence[float] = (-60.0, 60.0),
                 seed: int = 0, pipeline: Sequence[dict | Callable] = (),
                 indices: int | Sequence[int] | None = None, test_mode: bool = True,
                 serialize_data: bool = True, lazy_init: bool = False) -> None:
        clips = SyntheticClips(seed=seed, num_clips=num_clips, frames_per_clip=frames_per_clip,
                               image_size=image_size, azimuth_deg=tuple(azimuth_deg), split=split)
        super().__init__(clips, H36M17, pipeline, indices, test_mode, serialize_data, lazy_init)


@DATASETS.register_module()
class SyntheticFacesDataset(_SyntheticFramesDataset):
    """Frames of ``SyntheticFaceClips`` with their 68 true landmarks. One group: 'all'.

    Args:
        split: 'val' or 'test' (also 'train': for a supervised baseline only).
        num_clips, frames_per_clip, image_size, yaw_deg, seed: see ``SyntheticFaceClips``.
        pipeline, indices, test_mode, serialize_data, lazy_init: see ``KeypointFramesDataset``.
    """

    METAINFO: dict = FACE68.to_metainfo()

    def __init__(self, split: str = 'test', num_clips: int = 40, frames_per_clip: int = 8,
                 image_size: int = 64, yaw_deg: Sequence[float] = (-35.0, 35.0),
                 seed: int = 0, pipeline: Sequence[dict | Callable] = (),
                 indices: int | Sequence[int] | None = None, test_mode: bool = True,
                 serialize_data: bool = True, lazy_init: bool = False) -> None:
        clips = SyntheticFaceClips(seed=seed, num_clips=num_clips, frames_per_clip=frames_per_clip,
                                   image_size=image_size, yaw_deg=tuple(yaw_deg), split=split)
        super().__init__(clips, FACE68, pipeline, indices, test_mode, serialize_data, lazy_init)
