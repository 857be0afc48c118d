"""COCO-style json files: keypoints, and what box files share with them.

COCO's format: ``images`` (id, file_name, width, height), ``annotations`` (image_id, category_id,
keypoints = x, y, v for every joint, bbox = x, y, width, height) and ``categories`` (id, name,
keypoints = the joints' names). v = 0: not labelled, 1: labelled but hidden, 2: visible.

MMPose's jsons of 300-W, 300-VW, AFLW and WFLW carry ``center`` and ``scale`` (side / 200) besides,
or instead, and those are what its dataset classes crop by; COFW and 300W-LP carry ``bbox``. None of
them names its points. 300-W, 300-VW and 300W-LP have 68 points in the order of ``face68``; COFW
has 29, AFLW 19, WFLW 98: other points, see docs/priors.md.
"""
from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from mmengine.logging import MMLogger

from ikp_mm.io.formats.pose_tables import PoseTable

BOXES = ('bbox', 'center_scale', 'image')
PIXELS_PER_SCALE = 200.0  # of MMPose's older annotations: scale = side of the box / 200
# When boxes are taken for corners, see refuse_corners: how many leave their image, and how much
# more of a box lies behind its points than before them.
MAX_LEAVING, MAX_SKEW = 0.2, 0.15


def _is_id(value) -> bool:
    return isinstance(value, (int, float, str))


def _is_size(value) -> bool:
    return isinstance(value, (int, float)) and 0 <= value < math.inf


# What must stand under the keys that are read as they are.
KINDS = dict(images=dict(id=_is_id, width=_is_size, height=_is_size),
             annotations=dict(image_id=_is_id, category_id=_is_id), categories=dict(id=_is_id))


class CocoFile(NamedTuple):
    """What stands in a json: images by id, annotations, categories by id."""

    path: Path
    images: dict
    annotations: list[dict]
    categories: dict

    def name(self, annotation: Mapping) -> str:
        """The image of an annotation, for messages."""
        image = self.images.get(annotation.get('image_id'), {})
        return str(image.get('file_name', f"image {annotation.get('image_id')}"))

    def numbers(self, annotation: Mapping, *keys: str) -> np.ndarray:
        """The numbers under some keys in a row; none where one key is missing, null or empty;
        ValueError where something else stands."""
        values = [annotation.get(key) for key in keys]
        if any(value is None or value == [] for value in values):
            return np.empty(0)
        try:
            return np.hstack([np.asarray(value, np.float64).ravel() for value in values])
        except (TypeError, ValueError):
            raise ValueError(f"{self.path}: annotation {annotation.get('id')} of "
                             f"{self.name(annotation)}: {' and '.join(keys)} hold {values}, which "
                             'are not numbers') from None

    def of_category(self, category: str | int | None) -> CocoFile:
        """Annotations of the category of this name or id alone, ValueError where there is no such;
        None: of all."""
        if category is None:
            return self
        chosen = [key for key, one in self.categories.items()
                  if category in (key, one.get('name'))]
        if not chosen:
            raise ValueError(f'{self.path} has no category {category!r}; it has '
                             f"{[one.get('name', key) for key, one in self.categories.items()]}")
        return self._replace(annotations=[one for one in self.annotations
                                          if one.get('category_id') in chosen])

    def category_names(self) -> list:
        """Names of the categories of which there is an annotation."""
        used = dict.fromkeys(one.get('category_id') for one in self.annotations)
        return [self.categories.get(key, {}).get('name', key) for key in used]


def load_coco(path: Path, needed: str) -> CocoFile:
    """The lists of a COCO-style json, in whatever encoding of Unicode.

    Raises:
        FileNotFoundError: no such file.
        ValueError: not JSON, no images or annotations, an image without id or two of one id, an
            entry that is no dictionary, or what stands under its keys is of another kind.
    """
    if not path.is_file():
        raise FileNotFoundError(f'{path} does not exist. {needed}')
    try:
        data = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:  # not JSON, or not text, or nested without end
        raise ValueError(f'{path} is not JSON: {error}. {needed}') from error
    listed = {key: _entries(path, data, key, needed) for key in ('images', 'annotations')}
    categories = _entries(path, data, 'categories', needed) if data.get('categories') else []
    images = {}
    for number, image in enumerate(listed['images']):
        if 'id' not in image or image['id'] in images:
            raise ValueError(f"{path}: images[{number}] needs an 'id' of its own: {image}")
        images[image['id']] = image
    return CocoFile(path, images, listed['annotations'],
                    {one.get('id'): one for one in categories})


def _entries(path: Path, data, key: str, needed: str) -> list[dict]:
    """The list ``key``, whose entries hold what MMPose's files hold under the keys read here."""
    if not isinstance(data, dict) or not isinstance(data.get(key), list):
        raise ValueError(f"{path} has no list '{key}'. {needed}")
    for number, entry in enumerate(data[key]):
        if not isinstance(entry, dict):
            raise ValueError(f'{path}: {key}[{number}] is {entry!r:.80}, not a dictionary. {needed}')
        for name, is_right in KINDS[key].items():
            value = entry.get(name)
            if value is not None and not is_right(value):
                raise ValueError(f'{path}: {name} of {key}[{number}] is {value!r:.80}. {needed}')
    return data[key]


def read_coco(path: str | Path, category: str | int | None = None) -> PoseTable:
    """A COCO-style keypoint json, one row an annotation.

    Args:
        path: the json.
        category: name or id of the category whose annotations are read. None: all that have
            keypoints, if these are the same joints.

    Returns:
        Joints NaN where v = 0; names from ``categories``, if it has any; ``boxes`` 'bbox',
        'center_scale' and 'image'. Annotations without keypoints are left out, and counted in the
        log, by category.

    Raises:
        FileNotFoundError: no such file.
        ValueError: not such a file; categories with different joints; annotations that differ in
            the number of joints; boxes that are no x, y, width, height.
    """
    path = Path(path)
    needed = 'It must be a COCO-style keypoint json, see docs/priors.md'
    file = load_coco(path, needed).of_category(category)
    flat = [file.numbers(one, 'keypoints') for one in file.annotations]
    posed, bare = (file._replace(annotations=[
        one for one, numbers in zip(file.annotations, flat) if bool(numbers.size) == has_pose])
        for has_pose in (True, False))
    if not posed.annotations:
        raise ValueError(f'{path}: none of {len(flat)} annotations has keypoints. {needed}')
    if bare.annotations:
        MMLogger.get_current_instance().warning(
            f'{path}: left out {len(bare.annotations)} of {len(flat)} annotations without '
            f'keypoints, of {bare.category_names()}')
    names = _joint_names(posed)
    flat = [numbers for numbers in flat if numbers.size]
    expected = 3 * len(names) if names else flat[0].size
    for one, numbers in zip(posed.annotations, flat):
        if numbers.size != expected or numbers.size % 3:
            raise ValueError(f"{path}: annotation {one.get('id')} of {file.name(one)} has "
                             f"{numbers.size} numbers in 'keypoints', not 3 for each of "
                             f'{expected / 3:g} joints')
    points = np.stack(flat).reshape(len(flat), -1, 3)
    points = np.where(points[..., 2:] > 0, points[..., :2], np.nan)
    boxes = {kind: np.array([_box(posed, one, kind) for one in posed.annotations])
             for kind in BOXES}
    refuse_corners(posed, boxes['bbox'], points)
    return PoseTable(path, names, points, tuple(file.name(one) for one in posed.annotations),
                     tuple(f"annotation {one.get('id')}" for one in posed.annotations),
                     boxes=boxes).without_marks()


def _joint_names(file: CocoFile) -> tuple[str, ...] | None:
    """The joints' names, which all categories that have annotations and name any must share."""
    used = {one.get('category_id') for one in file.annotations}
    named = set()
    for key, one in file.categories.items():
        names = one.get('keypoints')
        if key not in used or not names:
            continue
        if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
            raise ValueError(f"{file.path}: 'keypoints' of category {key!r} are {names!r:.80}, not a "
                             'list of names')
        named.add(tuple(names))
    if len(named) > 1:
        raise ValueError(f'{file.path}: its categories {file.category_names()} have different '
                         f'keypoints: {sorted(named)}; say which with category=...')
    return named.pop() if named else None


def _box(file: CocoFile, annotation: Mapping, kind: str) -> np.ndarray:
    """x0, y0, x1, y1, NaN where the annotation has no such box."""
    if kind == 'image':
        image = file.images.get(annotation.get('image_id'), {})
        return np.array([0, 0, image.get('width') or np.nan, image.get('height') or np.nan])
    keys = dict(bbox=('bbox',), center_scale=('center', 'scale'))[kind]
    numbers = file.numbers(annotation, *keys)
    if not numbers.size:
        return np.full(4, np.nan)
    if numbers.size != dict(bbox=4, center_scale=3)[kind] or not np.isfinite(numbers).all():
        raise ValueError(f"{file.path}: annotation {annotation.get('id')} of "
                         f"{file.name(annotation)}: {' and '.join(keys)} hold {numbers.tolist()}")
    if kind == 'bbox':
        return np.hstack([numbers[:2], numbers[:2] + numbers[2:]])
    return center_scale_boxes(numbers[None, :2], numbers[2:])[0]


def center_scale_boxes(centers: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Square boxes (N, 4) from centres (N, 2), pixels, and sides / 200 (N,), of MMPose's files."""
    half = np.asarray(scales, np.float64)[:, None] * (PIXELS_PER_SCALE / 2)
    return np.hstack([centers - half, centers + half])


def refuse_corners(file: CocoFile, boxes: np.ndarray, points: np.ndarray | None) -> None:
    """Refuse boxes that were written as x0, y0, x1, y1 instead of x, y, width, height.

    They are when each is a box as corners too, which lies in its image and holds its points, and as
    x, y, width, height either more than MAX_LEAVING of them leave their images, or the points lie
    in the upper left of them.

    Args:
        file: with M annotations.
        boxes: (M, 4) x0, y0, x1, y1 as read from x, y, width, height; NaN where there is none.
        points: (M, J, 2), NaN where not labelled; None where there are none.

    Raises:
        ValueError: they are.
    """
    there = np.flatnonzero(~np.isnan(boxes).any(axis=1))
    low, high = boxes[there, :2], boxes[there, 2:]
    images = (file.images.get(file.annotations[row].get('image_id'), {}) for row in there)
    size = np.array([[image.get('width') or np.inf, image.get('height') or np.inf]
                     for image in images], np.float64).reshape(-1, 2)
    corner = high - low
    leaves = (high > size + 1).any(axis=1)
    if not len(there) or (corner <= low).any() or (corner > size + 1).any():
        return
    doubtful = leaves.mean() > MAX_LEAVING
    if points is not None:
        labelled = ~np.isnan(points[there])
        first = np.where(labelled, points[there], np.inf).min(axis=1)
        last = np.where(labelled, points[there], -np.inf).max(axis=1)
        posed = labelled.any(axis=(1, 2))
        if not posed.any() or (first < low - 1).any() or (last > corner + 1)[posed].any():
            return
        skew = ((high - last - (first - low)) / corner)[posed]
        doubtful |= (np.median(skew, axis=0) > MAX_SKEW).all()
    if doubtful:
        example = file.annotations[there[np.argmax(leaves)]]
        raise ValueError(
            f"{file.path}: bbox seems to be x0, y0, x1, y1 where COCO's is x, y, width, height "
            f"(such as {example['bbox']} of {file.name(example)}; {int(leaves.sum())} of "
            f'{len(there)} would leave their image): rewrite them, or say another box=...')
