"""Predictions as COCO-style keypoint labels, which MMPose's ``CocoDataset`` trains on.

Joints that are not sure enough get v = 0 (weight 0 in training), all others v = 2; the scores of
all stay in ``keypoint_scores``. Two kinds of boxes:

- 'joints': the tight box of all joints that were found, inside the image, as COCO has them. For
  pipelines with MMPose's own ``GetBBoxCenterScale()``, which enlarges it by 1.25.
- 'square': the network's square, for pipelines with ``GetBBoxCenterScale(padding=1.0)``. Those
  that reach beyond the image are counted: ``CocoDataset`` clips them to [0, W - 1] x [0, H - 1]
  without a word, so that they are trained on as other, smaller crops.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ikp_mm.skeletons import Skeleton

from .predictor import box_of

BOXES = ('joints', 'square')
CATEGORY_ID = 1
# CocoDataset cuts the last pixel off a box that is the whole image; that is no trap.
CLIP_TOLERANCE = 1.0


@dataclass
class ImageLabels:
    """What one image's labels are made of."""

    file_name: str  # path below the folder that ``CocoDataset`` is told
    width: int  # pixels
    height: int
    keypoints: np.ndarray  # (K, 2) pixels of the image, NaN where none
    scores: np.ndarray  # (K,) in [0, 1]
    square: np.ndarray  # (3,) centre and side of what the network was shown, pixels
    video: str  # name of the source
    frame: int  # number among its own frames


@dataclass
class CocoSettings:
    """Which labels are kept; ValueError for a setting out of range."""

    min_score: float = 0.0  # joints that score less get v = 0
    min_joints: int = 1  # images with fewer joints left are dropped
    box: str = 'joints'  # or 'square'

    def __post_init__(self) -> None:
        if not 0 <= self.min_score <= 1:
            raise ValueError(f'min_score must lie in 0 to 1, got {self.min_score}')
        if self.min_joints < 1:
            raise ValueError(f'min_joints must be at least 1, got {self.min_joints}')
        if self.box not in BOXES:
            raise ValueError(f'box must be one of {BOXES}, got {self.box!r}')


@dataclass
class CocoCounts:
    """What became of the labels."""

    images: int = 0  # in the json
    images_dropped: int = 0  # with too few joints
    joints: int = 0  # labelled
    joints_unsure: int = 0  # in images that were kept: below the least score
    joints_outside: int = 0  # in images that were kept: sure enough, but outside the image
    boxes_beyond_image: int = 0  # squares that ``CocoDataset`` would clip


def coco_labels(images: Sequence[ImageLabels], skeleton: Skeleton, settings: CocoSettings,
                info: Mapping) -> tuple[dict, CocoCounts]:
    """COCO-style content of images of one figure each, numbered from 1, with ``info`` as it is;
    and what was dropped.

    Raises:
        ValueError: two images of one name, keypoints of another number of joints, a box without
            area.
    """
    counts = CocoCounts()
    category = dict(id=CATEGORY_ID, name=skeleton.name, supercategory=skeleton.name,
                    keypoints=list(skeleton.joints),
                    skeleton=[[i + 1, j + 1] for i, j in skeleton.edges])  # COCO counts from 1
    content = dict(info=dict(info), licenses=[], images=[], annotations=[], categories=[category])
    names: set[str] = set()
    for image in images:
        if image.file_name in names:
            raise ValueError(f'two images are called {image.file_name}')
        names.add(image.file_name)
        if image.keypoints.shape != (skeleton.num_joints, 2):
            raise ValueError(f'{image.file_name} has keypoints {image.keypoints.shape}, but '
                             f'{skeleton} has {skeleton.num_joints} joints')
        sure = np.isfinite(image.keypoints).all(axis=1) & (image.scores >= settings.min_score)
        kept = sure & _inside(image)
        if kept.sum() < settings.min_joints:
            counts.images_dropped += 1
            continue
        counts.joints_unsure += int((~sure).sum())
        counts.joints_outside += int((sure & ~kept).sum())
        counts.joints += int(kept.sum())
        box = box_of(image.square).tolist() if settings.box == 'square' else _joints_box(image)
        limit = image.width - 1 + CLIP_TOLERANCE, image.height - 1 + CLIP_TOLERANCE
        counts.boxes_beyond_image += bool(min(box[:2]) < -CLIP_TOLERANCE
                                          or box[2] > limit[0] or box[3] > limit[1])
        counts.images += 1
        content['images'].append(dict(
            id=counts.images, file_name=image.file_name, width=int(image.width),
            height=int(image.height), video=image.video, frame=int(image.frame)))
        content['annotations'].append(_annotation(image, kept, box, counts.images))
    return content, counts


def _annotation(image: ImageLabels, kept: np.ndarray, box: Sequence[float], number: int) -> dict:
    x0, y0, x1, y1 = box
    if x1 <= x0 or y1 <= y0:
        raise ValueError(f'{image.file_name}: the joints lie on one line or point, their box has '
                         "no area; use box='square'")
    triplets = np.column_stack([np.where(kept[:, None], image.keypoints, 0.0), 2.0 * kept])
    return dict(
        id=number, image_id=number, category_id=CATEGORY_ID, iscrowd=0,
        bbox=_rounded([x0, y0, x1 - x0, y1 - y0]), area=round(float((x1 - x0) * (y1 - y0)), 2),
        num_keypoints=int(kept.sum()), keypoints=_rounded(triplets.ravel()),
        keypoint_scores=_rounded(image.scores, 4),
        score=round(float(image.scores[kept].mean()), 4))


def _inside(image: ImageLabels) -> np.ndarray:
    """(K,) whether a joint lies in the image; its pixels reach half a pixel around its centres."""
    x, y = image.keypoints.T
    return (x >= -0.5) & (x < image.width - 0.5) & (y >= -0.5) & (y < image.height - 0.5)


def _joints_box(image: ImageLabels) -> list[float]:
    """All joints, also unsure ones: a box about the sure ones alone would cut limbs off."""
    found = image.keypoints[np.isfinite(image.keypoints).all(axis=1)]
    found = np.clip(found, 0, (image.width - 1, image.height - 1))
    return [*found.min(axis=0).tolist(), *found.max(axis=0).tolist()]


def _rounded(values: np.ndarray | Sequence[float], digits: int = 3) -> list[float]:
    return [round(float(value), digits) for value in values]
