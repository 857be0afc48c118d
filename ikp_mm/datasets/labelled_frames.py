"""Evaluation on labelled frames: a user's own, synthetic people."""
from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Mapping, Sequence

import numpy as np
from mmengine.logging import MMLogger
from mmpose.registry import DATASETS

from ikp_mm.datasets.keypoint_frames import (KeypointFramesDataset, keypoint_data_info,
                                             whole_images)
from ikp_mm.io.formats.deeplabcut import read_label_files
from ikp_mm.io.formats.npz import read_joint_names, read_npz
from ikp_mm.io.formats.pose_tables import PoseTable, choose_rows, image_paths
from ikp_mm.priors.framing import LANDMARKS, default_padding, row_boxes, without_far_points
from ikp_mm.priors.pose_sources import NamedPoses
from ikp_mm.priors.rows import order_joints
from ikp_mm.skeletons import H36M17, get_skeleton
from ikp_mm.synthetic import SyntheticClips

IMAGE = 'image'


@DATASETS.register_module()
class LabelledFramesDataset(KeypointFramesDataset):
    """Labelled image files, each read once when the dataset is built. The network sees each whole
    frame. One group: 'all'.

    Args:
        ann_file: npz with ``files`` (N,) strings, paths below ``data_root``, and ``keypoints``
            (N, K, 2), fractions of width and height, NaN where a joint is not labelled, as are
            points at exactly (0, 0) or (-1, -1); optionally ``joints``, K names in their order.
        data_root: folder of the images and of ``ann_file`` (unless that is absolute).
        skeleton: anything ``get_skeleton`` reads.
        options: see ``KeypointFramesDataset``.

    Raises:
        FileNotFoundError: no ``ann_file``.
        ValueError: missing array, shapes that do not agree, infinite values, coordinates that are
            not fractions; a file that lacks a joint of the skeleton; labels that lie far outside
            their images; a file that is not below ``data_root``.
        UnreadableFrameError: an image that is missing or broken.
    """

    def __init__(self, ann_file: str, data_root: str = '', *, skeleton, **options) -> None:
        self.labels_path = Path(data_root) / ann_file
        self.image_root = Path(data_root)
        super().__init__(get_skeleton(skeleton), **options)

    def load_data_list(self) -> list[dict]:
        """See the class."""
        table = self._load_labels()
        root = os.path.abspath(self.image_root)
        for frame in table.frames if self.image_root != Path() else ():
            if not Path(os.path.abspath(self.image_root / frame)).is_relative_to(root):
                raise ValueError(f'{self.labels_path} names {frame}, which is not below '
                                 f'{self.image_root}: files are paths below data_root')
        paths = [self.image_root / frame for frame in table.frames]
        boxes = whole_images(paths)
        table = replace(table, keypoints=table.keypoints * boxes[:, None, 2:])
        table = without_far_points(table, boxes, 'image')
        return [dict(img_path=str(path), **keypoint_data_info(points, box, row, 'all'))
                for row, (path, points, box) in enumerate(zip(paths, table.keypoints, boxes))]

    def _load_labels(self) -> PoseTable:
        path = self.labels_path
        files, keypoints = read_npz(
            path, ['files', 'keypoints'], 'Labels are an npz with files (N,) and keypoints '
            '(N, K, 2), see docs/your_videos.md')
        keypoints = order_joints(NamedPoses(keypoints.astype(np.float64), read_joint_names(path)),
                                 self.skeleton, str(path))
        expected = (len(files), self.skeleton.num_joints, 2)
        if keypoints.shape != expected:
            raise ValueError(f'{path}: {len(files)} files need keypoints {expected} for '
                             f'{self.skeleton}, got {keypoints.shape}')
        table = PoseTable(path, self.skeleton.joints, keypoints,
                          tuple(str(file).replace('\\', '/') for file in files),
                          ('',) * len(files)).without_marks()
        if np.isinf(keypoints).any():
            row, joint = np.argwhere(np.isinf(keypoints).any(axis=2))[0]
            raise ValueError(f"{path}: {table.name(row)}, joint '{table.joints[joint]}' is "
                             'infinite; use NaN for a joint without a label')
        labelled = np.abs(table.keypoints[np.isfinite(table.keypoints)])
        if labelled.size and np.median(labelled) > 1.5:
            raise ValueError(f'{path}: labels are fractions 0..1 of their images, and these run '
                             f'up to {labelled.max():.4g}')
        return table


@DATASETS.register_module()
class DeepLabCutFramesDataset(KeypointFramesDataset):
    """Labelled frames; the network sees the square about each figure's box.

    The prior's source ``deeplabcut`` frames poses by the same rule: give both the box and padding
    of the clips. Each image is read once when the dataset is built. The group of a frame is the
    folder of its image.

    Args:
        ann_file: the project's folder, a folder ``labeled-data/<video>`` or a label file (CSV or
            H5), below ``data_root``.
        data_root, skeleton: see ``LabelledFramesDataset``.
        box: 'image' (the square around the whole image), the path of a box file (not below
            ``data_root``; one figure a frame), or 'landmarks': the box of the labels themselves,
            **an oracle**, which tells where the figure is and how large; a warning says so.
        padding: side of the frame / longer side of the box; None is 1.25 for landmarks, else 1.
        subset: (start, stop[, step]) of the labelled frames, ordered by video and number.
        joint_names: skeleton's joint -> the file's body part, as in a prior's source.
        allow_missing: body parts that the file lacks count as not labelled.
        scorer: whose labels, where a folder holds those of several people.
        options: see ``KeypointFramesDataset``.

    Frames without a box, and with 'landmarks' those of one label, are left out, and counted in a
    warning.

    Raises:
        FileNotFoundError: no label file, image or box file.
        ValueError: predictions in place of labels; what ``read_deeplabcut``, ``order_joints`` and
            ``row_boxes`` refuse; labels that lie far outside their images.
        UnreadableFrameError: an image that is broken.
    """

    def __init__(self, ann_file: str, data_root: str = '', *, skeleton, box: str = IMAGE,
                 padding: float | None = None, subset: Sequence[int] | None = None,
                 joint_names: Mapping[str, object] | None = None, allow_missing: bool = False,
                 scorer: str | None = None, **options) -> None:
        if padding is not None and not padding > 0:
            raise ValueError(f'padding must be positive, got {padding}')
        self.labels_path = Path(data_root) / ann_file
        self.box = box
        self.padding = default_padding(box) if padding is None else padding
        self.subset = subset
        self.joint_names = joint_names
        self.allow_missing = allow_missing
        self.scorer = scorer
        super().__init__(get_skeleton(skeleton), **options)

    def load_data_list(self) -> list[dict]:
        """See the class."""
        table = read_label_files(self.labels_path, self.scorer)
        if table.scores is not None:
            raise ValueError(f'{table.path} holds predictions (it has likelihoods); an evaluation '
                             'needs labels, CollectedData_<scorer>.csv or .h5')
        table = choose_rows(table, self.subset)
        paths = image_paths(table)
        if self.box == IMAGE:
            boxes = whole_images(paths)
            table = without_far_points(table, boxes, self.box)
        else:
            boxes = row_boxes(table, self.box)
        keypoints = order_joints(
            NamedPoses(table.keypoints, table.joints), self.skeleton, str(table.path),
            joint_names=self.joint_names, allow_missing=self.allow_missing)
        centers = (boxes[:, :2] + boxes[:, 2:]) / 2
        half = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True) * self.padding / 2
        half[half <= 0] = np.nan  # the box of one labelled point
        squares = np.hstack([centers - half, centers + half])
        found = np.flatnonzero(~np.isnan(squares).any(axis=1))
        self._report(table, len(found))
        if self.box != IMAGE:
            whole_images([paths[row] for row in found])  # a broken one is refused here too
        return [dict(img_path=str(paths[row]),
                     **keypoint_data_info(keypoints[row], squares[row], int(row),
                                          paths[row].parent.name)) for row in found]

    def _report(self, table: PoseTable, num_found: int) -> None:
        logger = MMLogger.get_current_instance()
        if self.box == LANDMARKS:
            logger.warning(f"{table.path}: box='landmarks' crops test frames by their own labels: "
                           'errors on them are those of an oracle crop')
        if not num_found:
            raise ValueError(f'{table.path}: {self.box} has no box for any of {len(table)} frames')
        if num_found < len(table):
            logger.warning(f'{table.path}: {len(table) - num_found} of {len(table)} labelled '
                           f'frames are not scored: {self.box} has no box for them')


@DATASETS.register_module()
class SyntheticPeopleDataset(KeypointFramesDataset):
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
        self.clips = SyntheticClips(seed, num_clips, frames_per_clip, image_size, azimuth_deg,
                                    split)
        super().__init__(H36M17, **options)

    def load_data_list(self) -> list[dict]:
        """All frames of all clips, clip by clip."""
        data_list: list[dict] = []
        side = self.clips.image_size
        for clip in range(len(self.clips)):
            for t, keypoints in enumerate(self.clips.keypoints(clip)):
                info = keypoint_data_info(keypoints, (0, 0, side, side), len(data_list), 'all')
                data_list.append(dict(img=self.clips.frame(clip, t), **info))
        return data_list
