"""Keypoints of COCO-style json files, MMPose's face jsons among them.

COCO's format: ``images`` (id, width, height), ``annotations`` (image_id, keypoints = x, y, v for
every joint, bbox = x, y, width, height) and ``categories`` (keypoints = the joints' names). v = 0
marks a joint that is not labelled, 1 a labelled but hidden one, 2 a visible one.

MMPose's jsons of 300-W, 300-VW, AFLW and WFLW carry ``center`` and ``scale`` (side / 200) besides,
or instead, and those are what its dataset classes crop by; COFW and 300W-LP carry ``bbox``. None of
them names its points. 300-W, 300-VW and 300W-LP have 68 points in the order of ``face68``; COFW
has 29, AFLW 19, WFLW 98: other points, see docs/priors.md.
"""
from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from mmengine.logging import MMLogger

from ikp_mm.priors.framing import center_scale_boxes, landmark_boxes, to_frame
from ikp_mm.priors.pose_sources import NamedPoses, pose_source

BOXES = ('bbox', 'center_scale', 'landmarks', 'image')
NEEDED = 'It must be a COCO-style keypoint json, see docs/priors.md'


@pose_source('coco')
def coco_poses(ann_file: str | Path, box: str = 'bbox', padding: float = 1.25,
               min_visible: int = 1) -> NamedPoses:
    """Poses of a COCO-style keypoint json.

    Args:
        ann_file: the json.
        box: what the frame is: 'bbox' or 'center_scale' of the annotation, 'landmarks' (the tight
            box of the labelled points) or 'image' (the square around the whole image).
        padding: enlarges it.
        min_visible: leave out annotations with fewer labelled joints; how many is logged. A
            labelled joint is one with v > 0.

    Returns:
        Poses, NaN where v = 0; names from ``categories``, if it has any.

    Raises:
        FileNotFoundError: no such file.
        ValueError: not such a file; annotations that differ in the number of joints; an annotation
            without the box asked for (says which it has); nothing left.
    """
    if box not in BOXES:
        raise ValueError(f'box must be one of {BOXES}, got {box!r}')
    path = Path(ann_file)
    data = _read_json(path)
    names = _category_names(data['categories'], path)
    keypoints = _keypoints(data['annotations'], names, path)
    labelled = (~np.isnan(keypoints).any(axis=2)).sum(axis=1)
    keep = np.flatnonzero(labelled >= max(min_visible, 1))
    if len(keep) == 0:
        raise ValueError(f'{path}: none of {len(keypoints)} annotations has {min_visible} labelled '
                         'joints')
    if len(keep) < len(keypoints):
        MMLogger.get_current_instance().warning(
            f'{path}: left out {len(keypoints) - len(keep)} of {len(keypoints)} annotations with '
            f'fewer than {max(min_visible, 1)} labelled joints')
    annotations = [data['annotations'][row] for row in keep]
    if box == 'landmarks':
        boxes = landmark_boxes(keypoints[keep])
    else:
        images = {image['id']: image for image in data['images']}
        boxes = np.array([_box(ann, box, images, path) for ann in annotations], np.float64)
    return NamedPoses(to_frame(keypoints[keep], boxes, padding, str(path)), names)


def _read_json(path: Path) -> dict:
    if not path.is_file():
        raise FileNotFoundError(f'{path} does not exist. {NEEDED}')
    try:
        data = json.loads(path.read_text(encoding='utf-8'))
    except ValueError as error:  # not JSON, or not text
        raise ValueError(f'{path} is not JSON: {error}. {NEEDED}') from error
    for key in ('images', 'annotations', 'categories'):
        if not isinstance(data, dict) or not isinstance(data.get(key), list):
            raise ValueError(f"{path} has no list '{key}'. {NEEDED}")
    if not data['annotations']:
        raise ValueError(f'{path} holds no annotation')
    return data


def _category_names(categories: list[dict], path: Path) -> tuple[str, ...] | None:
    """The joints' names, which all categories that name any must share."""
    named = {tuple(category['keypoints']) for category in categories if category.get('keypoints')}
    if len(named) > 1:
        raise ValueError(f'{path}: its categories have different keypoints: {sorted(named)}')
    return named.pop() if named else None


def _keypoints(annotations: list[dict], names: tuple[str, ...] | None, path: Path) -> np.ndarray:
    """(N, J, 2) pixels, NaN where a joint is not labelled."""
    rows = []
    for ann in annotations:
        flat = np.asarray(ann.get('keypoints', ()), np.float64)
        expected = len(names) * 3 if names else len(rows[0]) * 3 if rows else flat.size
        if flat.size == 0 or flat.size != expected or flat.size % 3:
            raise ValueError(f"{path}: annotation {ann.get('id')} has {flat.size} numbers in "
                             f"'keypoints', not 3 for each of {expected / 3:g} joints")
        rows.append(flat.reshape(-1, 3))
    stacked = np.stack(rows)
    return np.where(stacked[..., 2:] > 0, stacked[..., :2], np.nan)


def _box(ann: dict, box: str, images: dict, path: Path) -> np.ndarray:
    """x1, y1, x2, y2 of an annotation."""
    keys = {'bbox': ('bbox',), 'center_scale': ('center', 'scale'), 'image': ('image_id',)}[box]
    if any(key not in ann for key in keys):
        has = [name for name, needs in (('bbox', ('bbox',)), ('center_scale', ('center', 'scale')))
               if all(key in ann for key in needs)]
        raise ValueError(f"{path}: annotation {ann.get('id')} has no {' and '.join(keys)}; "
                         f"box={[*has, 'landmarks']} would do")
    if box == 'image':
        image = images.get(ann['image_id'], {})
        if 'width' not in image or 'height' not in image:
            raise ValueError(f"{path}: annotation {ann.get('id')} belongs to image "
                             f"{ann['image_id']}, which has no width and height")
        return np.array([0, 0, image['width'], image['height']])
    numbers = np.hstack([np.asarray(ann[key], np.float64).ravel() for key in keys])
    if numbers.size != {'bbox': 4, 'center_scale': 3}[box]:
        raise ValueError(f"{path}: annotation {ann.get('id')}: {' and '.join(keys)} hold "
                         f'{numbers.tolist()}')
    if box == 'center_scale':
        return center_scale_boxes(numbers[None, :2], numbers[2:])[0]
    return np.hstack([numbers[:2], numbers[:2] + numbers[2:]])
