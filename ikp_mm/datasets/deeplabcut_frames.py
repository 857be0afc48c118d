"""Evaluation on the labelled frames of a DeepLabCut or lightning-pose project."""
from __future__ import annotations

from pathlib import Path
from typing import Mapping, Sequence

import numpy as np
from mmengine.logging import MMLogger
from mmpose.registry import DATASETS

from ikp_mm.datasets.keypoint_frames import (KeypointFramesDataset, choose_skeleton,
                                             keypoint_data_info, whole_images)
from ikp_mm.io.formats.deeplabcut import read_label_files
from ikp_mm.io.formats.pose_tables import PoseTable, choose_rows, image_paths
from ikp_mm.priors.joint_order import order_joints
from ikp_mm.priors.framing import (LANDMARKS, default_padding, row_boxes,
                                         without_far_points)

IMAGE = 'image'


@DATASETS.register_module()
class DeepLabCutFramesDataset(KeypointFramesDataset):
    """Labelled frames; the network sees the square about each figure's box.

    The prior's source ``deeplabcut`` frames poses by the same rule: give both the box and padding
    of the clips. Each image is read once when the dataset is built. The group of a frame is the
    folder of its image.

    Args:
        ann_file: the project's folder, a folder ``labeled-data/<video>`` or a label file (CSV or
            H5), below ``data_root``.
        data_root: folder of ``ann_file`` (unless that is absolute).
        skeleton, metainfo: see ``LabelledFramesDataset``.
        box: 'image' (the square around the whole image), the path of a box file (not below
            ``data_root``; one figure a frame), or 'landmarks': the box of the labels themselves,
            **an oracle**, which tells the network where the figure is and how large; a warning
            says so.
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

    def __init__(self, ann_file: str, data_root: str = '', skeleton=None,
                 metainfo: Mapping | None = None, box: str = IMAGE, padding: float | None = None,
                 subset: Sequence[int] | None = None,
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
        super().__init__(choose_skeleton(skeleton, metainfo), **options)

    def load_data_list(self) -> list[dict]:
        """Read labels, boxes and the size of every image; see the class for errors."""
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
        keypoints = order_joints(table.keypoints, table.joints, self.skeleton, self.joint_names,
                                 self.allow_missing, str(table.path))
        squares = self._squares(boxes)
        found = np.flatnonzero(~np.isnan(squares).any(axis=1))
        self._report(table, len(found))
        if self.box != IMAGE:
            whole_images([paths[row] for row in found])  # a broken one is refused here too
        return [dict(img_path=str(paths[row]),
                     **keypoint_data_info(keypoints[row], squares[row], int(row),
                                          paths[row].parent.name)) for row in found]

    def _squares(self, boxes: np.ndarray) -> np.ndarray:
        """(N, 4) square boxes, NaN where there is none or, of one labelled point, no extent."""
        centers = (boxes[:, :2] + boxes[:, 2:]) / 2
        half = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True) * self.padding / 2
        half[half <= 0] = np.nan
        return np.hstack([centers - half, centers + half])

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
