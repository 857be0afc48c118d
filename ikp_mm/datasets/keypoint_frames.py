"""What the evaluation datasets share: one frame, one figure, K joints, MMPose's data infos."""
from __future__ import annotations

from pathlib import Path
from typing import Callable, Mapping, Sequence

import numpy as np
from mmengine.dataset import BaseDataset
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import TRANSFORMS

from ikp_mm.io.pictures import read_image
from ikp_mm.skeletons import Skeleton

# What MMPose's own datasets add to every data info for its transforms and models.
METAINFO_KEYS = ('dataset_name', 'upper_body_ids', 'lower_body_ids', 'flip_pairs',
                 'dataset_keypoint_weights', 'flip_indices', 'skeleton_links')


def keypoint_data_info(keypoints: np.ndarray, bbox: Sequence[float], index: int,
                       group: str) -> dict:
    """MMPose's top-down data info of one figure, without its image.

    Args:
        keypoints: (K, 2) pixels of the original image, NaN where a joint is not labelled.
        bbox: (x1, y1, x2, y2) pixels; what the model is shown. Not clipped to the image.
        index: number of the frame in its dataset, becomes ``id`` and ``img_id``.
        group: activity or subset the frame is averaged in.

    Returns:
        bbox (1, 4), bbox_score (1,), keypoints (1, K, 2), keypoints_visible (1, K), all float32;
        id, img_id, category_id int; group str. Joints without a label are 0, visible 0.
    """
    labelled = np.isfinite(keypoints).all(axis=1)
    return dict(
        bbox=np.asarray(bbox, np.float32).reshape(1, 4),
        bbox_score=np.ones(1, np.float32),
        keypoints=np.where(labelled[:, None], keypoints, 0.0).astype(np.float32)[None],
        keypoints_visible=labelled.astype(np.float32)[None],
        id=index, img_id=index, category_id=np.array(1), group=str(group))


def whole_images(paths: Sequence[str | Path]) -> np.ndarray:
    """Boxes (N, 4) of images as wholes; each is read, so that a broken one is refused by name.

    Raises:
        UnreadableFrameError: an image that is missing or broken.
    """
    sizes = np.array([read_image(path).shape[1::-1] for path in paths], np.float64)
    return np.hstack([np.zeros_like(sizes), sizes])


class KeypointFramesDataset(BaseDataset):
    """Base of the evaluation datasets: subclasses implement ``load_data_list``.

    Args:
        skeleton: a ``Skeleton``.
        pipeline: MMPose transforms. Use MMPose's test pipeline with
            ``GetBBoxCenterScale(padding=1.0)``, since the box already is the network's frame, and
            let ``PackPoseInputs`` keep 'group' among its ``meta_keys``.
        test_mode: True raises on a broken frame, where MMEngine would put another in its place.
        options: see MMEngine's ``BaseDataset``.
    """

    def __init__(self, skeleton: Skeleton, pipeline: Sequence[dict | Callable] = (),
                 test_mode: bool = True, **options) -> None:
        self.skeleton = skeleton
        # Built in MMPose's scope here, so that it works without a Runner's default scope too.
        transforms = [TRANSFORMS.build(t) if isinstance(t, Mapping) else t for t in pipeline]
        super().__init__(metainfo=skeleton.to_metainfo(), pipeline=transforms,
                         test_mode=test_mode, **options)

    @classmethod
    def _load_metainfo(cls, metainfo: dict | None = None) -> dict:
        return parse_pose_metainfo(metainfo)

    def get_data_info(self, idx: int) -> dict:
        """The data info of a frame with the meta entries MMPose's transforms and models read."""
        data_info = super().get_data_info(idx)
        data_info.update({key: self._metainfo[key] for key in METAINFO_KEYS})
        return data_info

    def prepare_data(self, idx: int) -> dict:
        """A frame through the pipeline; its image is decoded as those trained on, and MMPose's
        ``LoadImage`` takes it as it is."""
        data_info = self.get_data_info(idx)
        if 'img' not in data_info:
            data_info['img'] = read_image(data_info['img_path'])
        return self.pipeline(data_info)
