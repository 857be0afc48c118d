"""Keypoints of squares cut out of images, by a checkpoint or an ONNX file.

Convention: images are (H, W, 3) uint8 BGR; coordinates are (x, y) in pixels of the image, pixel
centres at integers; a square is (cx, cy, side) as in ``ikp_mm.io.crop``, and may reach beyond the
image (black there).
"""
from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from mmcv.cnn import ConvModule
from mmengine.config import Config
from mmengine.dataset import Compose, pseudo_collate
from mmengine.registry import init_default_scope
from mmpose.codecs import RegressionLabel
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import MODELS
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ikp_mm.datasets.area_topdown_affine import AREA, crop_step
from ikp_mm.models import SkeletonHead
from ikp_mm.skeletons import Skeleton, get_skeleton

from .checkpoints import build_detector, read_checkpoint
from .onnx_graph import METADATA_KEY, SCORES, OnnxGraph

# What a file of tools/export.py says, besides what its graph does.
NEEDED = ('skeleton', 'input_size', 'mean', 'std', 'bgr_to_rgb', 'padding')


@dataclass
class Keypoints:
    """What was found in N squares, or in N frames of a video."""

    keypoints: np.ndarray  # (N, K, 2) float64, pixels of each square's image
    scores: np.ndarray  # (N, K) in [0, 1], higher is surer


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


def fold_batch_norm(model: nn.Module) -> int:
    """Write BatchNorm, as it is in evaluation mode, into the convolution before it; in place.

    Only inside ``ConvModule``, which says in which order its layers run. Values stay equal to
    rounding; the model cannot be trained, nor its weights loaded, any more. Returns the number of
    layers folded; ValueError for a model in training mode.
    """
    if model.training:
        raise ValueError('only a model in evaluation mode can be folded: call eval() first')
    folded = 0
    for module in model.modules():
        if (isinstance(module, ConvModule) and module.order[:2] == ('conv', 'norm')
                and type(module.conv) is nn.Conv2d and not module.with_spectral_norm
                and type(module.norm) is nn.BatchNorm2d and module.norm.track_running_stats):
            module.conv = fuse_conv_bn_eval(module.conv, module.norm)
            setattr(module, module.norm_name, nn.Identity())
            folded += 1
    return folded


class CheckpointPredictor(Predictor):
    """Phi and eta of a checkpoint, as MMPose runs them, BatchNorm folded and, on a CPU, weights
    channels-last: values change by rounding alone. Arguments as of ``load_predictor``.

    ``scores=False`` leaves the scores out (all 1), which takes eta once in place of six times;
    ValueError for a head that has no costly scores, or with ``flip_test``.

    Attributes:
        model: the MMPose model; ``mmpose.apis.inference_topdown`` takes it too.
    """

    def __init__(self, path: str | Path, config: str | Path | Config | None = None,
                 device: str = 'cpu', scores: bool = True) -> None:
        detector = build_detector(read_checkpoint(path, config), device)
        self.model = detector.model
        fold_batch_norm(self.model)
        if torch.device(device).type == 'cpu':
            self.model.to(memory_format=torch.channels_last)
        head = self.model.head
        ours = isinstance(head, SkeletonHead)
        if not scores and (not ours or self.model.test_cfg.get('flip_test', False)):
            raise ValueError(f'scores=False is for a SkeletonHead without flip_test; {path} has a '
                             f'{type(head).__name__}, test_cfg {self.model.test_cfg}')
        self._leave_out_scores = not scores
        # MMPose's regression codec makes every score 1.
        has_scores = scores and (ours or not isinstance(head.decoder, RegressionLabel))
        super().__init__(detector.skeleton, has_scores,
                         detector.config.test_dataloader.dataset.pipeline, self.model.dataset_meta)

    @torch.inference_mode()
    def _run(self, batch: dict) -> tuple[np.ndarray, np.ndarray]:
        if self._leave_out_scores:
            prepared = self.model.data_preprocessor(batch)
            fractions = self.model.head(self.model.extract_feat(prepared['inputs'])).cpu().numpy()
            return to_pixels(fractions, prepared['data_samples']), np.ones(fractions.shape[:2])
        found = [sample.pred_instances for sample in self.model.test_step(batch)]
        return (np.concatenate([instances.keypoints for instances in found]),
                np.concatenate([instances.keypoint_scores for instances in found]))


class OnnxPredictor(Predictor):
    """A file of ``tools/export.py``, run by ONNX Runtime.

    It says itself how images are prepared (metadata entry ``ikp_mm``, json): ``skeleton``, a
    dictionary that ``get_skeleton`` reads; ``input_size`` [W, H]; ``mean``, ``std`` (RGB);
    ``bgr_to_rgb``; ``padding`` of the box. The graph takes ``input`` (N, 3, H, W) float32 and
    gives fractions of the input frame (N, K, 2) and, where asked for, ``keypoint_scores`` (N, K).

    Raises:
        FileNotFoundError: no such file.
        ValueError: no ONNX file; one that ``tools/export.py`` did not write; a graph that does not
            agree with what it says of itself.
        ImportError: no onnxruntime.
    """

    def __init__(self, path: str | Path) -> None:
        self._graph = OnnxGraph(Path(path))
        description = _description(path, self._graph)
        skeleton = get_skeleton(description['skeleton'])
        width, height = description['input_size']
        taken = self._graph.input
        if list(taken.shape[1:]) != [3, height, width]:
            raise ValueError(f"{path} says that it takes images of {width} x {height}, but its "
                             f"input '{taken.name}' is {taken.shape}")
        init_default_scope('mmpose')
        self._preprocessor = MODELS.build(dict(
            type='PoseDataPreprocessor', mean=description['mean'], std=description['std'],
            bgr_to_rgb=description['bgr_to_rgb']))
        pipeline = [dict(type='LoadImage'),
                    dict(type='GetBBoxCenterScale', padding=description['padding']),
                    dict(type=AREA, input_size=(width, height)),
                    dict(type='PackPoseInputs',
                         meta_keys=('input_size', 'input_center', 'input_scale'))]
        super().__init__(skeleton, SCORES in self._graph.output_names, pipeline,
                         parse_pose_metainfo(skeleton.to_metainfo()))

    def _run(self, batch: dict) -> tuple[np.ndarray, np.ndarray]:
        prepared = self._preprocessor(batch)
        found = self._graph(prepared['inputs'].numpy())
        scores = (found[self._graph.output_names.index(SCORES)] if self.has_scores
                  else np.ones(found[0].shape[:2]))
        return to_pixels(found[0], prepared['data_samples']), scores


def _description(path: str | Path, graph: OnnxGraph) -> dict:
    if METADATA_KEY not in graph.metadata:
        raise ValueError(f"{path} is a foreign ONNX file: it has no metadata entry "
                         f"'{METADATA_KEY}', so its joints and how it takes images are not known. "
                         'Export a checkpoint with tools/export.py')
    description = json.loads(graph.metadata[METADATA_KEY])
    missing = [key for key in NEEDED if key not in description]
    if missing:
        raise ValueError(f"{path}: its metadata entry '{METADATA_KEY}' lacks {missing}: export it "
                         'again with tools/export.py')
    return description


def load_predictor(path: str | Path, config: str | Path | Config | None = None,
                   device: str = 'cpu', scores: bool = True) -> Predictor:
    """Load whatever finds keypoints.

    Args:
        path: a checkpoint (.pth; full, or slim as ``tools/publish_model.py`` writes it), a
            ``last_checkpoint`` file, or an ONNX file of ``tools/export.py``.
        config: configuration of a checkpoint; None takes the one it holds.
        device: where a checkpoint's model runs, e.g. 'cuda:0'; ONNX files run on the CPU.
        scores: False: a checkpoint's scores are left out, about twice as fast.

    Raises:
        FileNotFoundError: no such file.
        ValueError: see ``checkpoints`` and :class:`OnnxPredictor`; a configuration, another
            device than the CPU or ``scores=False`` for an ONNX file.
        ImportError: an ONNX file without onnxruntime; says how to install it.
    """
    if str(path).lower().endswith('.onnx'):
        if config is not None or device != 'cpu' or not scores:
            raise ValueError(f'{path} brings its own settings and runs on the CPU: config, '
                             'device and scores are for checkpoints')
        return OnnxPredictor(path)
    return CheckpointPredictor(path, config, device, scores)
