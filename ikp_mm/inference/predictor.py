"""Keypoints of squares cut out of images: what all predictors share.

Convention: images are (H, W, 3) uint8 BGR; coordinates are (x, y) in pixels of the image, pixel
centres at integers; a square is (cx, cy, side) as in ``ikp_mm.io.crop``, and may reach beyond the
image (black there).
"""
from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from mmengine.dataset import Compose, pseudo_collate

from ikp_mm.datasets.area_topdown_affine import crop_step
from ikp_mm.skeletons import Skeleton


@dataclass
class Keypoints:
    """What was found in N squares.

    Attributes:
        keypoints: (N, K, 2) float64, pixels of each square's image.
        scores: (N, K) float32 in [0, 1], higher is surer.
    """

    keypoints: np.ndarray
    scores: np.ndarray

    def __len__(self) -> int:
        return len(self.keypoints)


class Predictor(ABC):
    """Finds the K joints of a skeleton in squares, cut out by an MMPose test pipeline; subclasses
    run a network.

    Args:
        skeleton: names and edges of the joints.
        has_scores: False when scores are constant and say nothing.
        pipeline: of a test set.
        dataset_meta: MMPose's parsed meta dictionary, which transforms read.

    Attributes:
        input_size: (W, H) of the network's input.
        model_seconds: time spent in the network so far, preparation of images left out.
        num_predicted: squares predicted so far.
    """

    def __init__(self, skeleton: Skeleton, has_scores: bool, pipeline: Sequence[dict],
                 dataset_meta: Mapping) -> None:
        self.skeleton, self.has_scores = skeleton, bool(has_scores)
        width, height = crop_step(pipeline)['input_size']
        self.input_size = (int(width), int(height))
        self.model_seconds, self.num_predicted = 0.0, 0
        self._pipeline = Compose(list(pipeline))
        self._dataset_meta = dict(dataset_meta)

    def predict(self, images: Sequence[np.ndarray], squares: np.ndarray) -> Keypoints:
        """Find the joints in one square of each of N images, all in one batch; squares (N, 3).

        Raises:
            ValueError: another number of squares than images; an image that is none, or a square
                that is not finite or has no size (names its index).
        """
        squares = _checked(images, squares)
        joints = self.skeleton.num_joints
        if not len(images):
            return Keypoints(np.zeros((0, joints, 2)), np.zeros((0, joints), np.float32))
        samples = [cut(self._pipeline, image, box_of(square), self._dataset_meta)
                   for image, square in zip(images, squares)]
        start = time.perf_counter()
        keypoints, scores = self._run(pseudo_collate(samples))
        self.model_seconds += time.perf_counter() - start
        self.num_predicted += len(images)
        if keypoints.shape != (len(images), joints, 2):
            raise ValueError(f'{self.skeleton} has {joints} joints, but the model gave keypoints '
                             f'{keypoints.shape} for {len(images)} images')
        return Keypoints(keypoints.astype(np.float64), scores.astype(np.float32))

    @abstractmethod
    def _run(self, batch: dict) -> tuple[np.ndarray, np.ndarray]:
        """Keypoints (N, K, 2) in pixels of the images and scores (N, K) of ``inputs``, a list of
        (3, H, W) uint8 tensors, and ``data_samples``."""


def box_of(square: np.ndarray) -> np.ndarray:
    """(x1, y1, x2, y2) of a square (cx, cy, side)."""
    centre, side = square[:2], square[2]
    return np.concatenate([centre - side / 2, centre + side / 2])


def cut(pipeline: Callable[[dict], dict], image: np.ndarray, box: np.ndarray,
        dataset_meta: Mapping) -> dict:
    """A box (x1, y1, x2, y2) of an image through a test pipeline: ``inputs``, (3, H, W) uint8, and
    ``data_samples``."""
    return pipeline(dict(img=image, bbox=np.asarray(box)[None], bbox_score=np.ones(1, np.float32),
                         **dataset_meta))


def to_pixels(fractions: np.ndarray, data_samples: Sequence) -> np.ndarray:
    """Pixels of the images from fractions of what was cut out, both (N, K, 2)."""
    places = [sample.metainfo for sample in data_samples]
    scales = np.stack([place['input_scale'] for place in places])[:, None]
    centres = np.stack([place['input_center'] for place in places])[:, None]
    return fractions * scales + centres - 0.5 * scales


def _checked(images: Sequence[np.ndarray], squares: np.ndarray) -> np.ndarray:
    squares = np.asarray(squares, np.float64)
    if squares.shape != (len(images), 3):
        raise ValueError(f'squares must be ({len(images)}, 3), one (cx, cy, side) for each of '
                         f'{len(images)} images, got {squares.shape}')
    for index, (image, square) in enumerate(zip(images, squares)):
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
            raise ValueError(f'image {index} must be uint8 (H, W, 3), got {image.dtype} '
                             f'{image.shape}')
        if not np.isfinite(square).all() or square[2] <= 0:
            raise ValueError(f'square {index} is (cx, cy, side) = {square.tolist()}: nothing can '
                             'be cut out')
    return squares
