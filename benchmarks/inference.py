"""Inference: Phi and eta by several runtimes, and the whole way from a frame to keypoints."""
from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmpose.registry import MODELS
from torch import Tensor

from ikp_mm.deploy.onnx_file import ExportedDetector, export_torch
from ikp_mm.deploy.stock_config import input_size
from ikp_mm.inference import Detector, build_detector, read_checkpoint
from ikp_mm.inference.checkpoints import detector_config
from ikp_mm.inference.onnx_graph import OnnxGraph
from ikp_mm.inference.predictor import CheckpointPredictor, fold_batch_norm

from .timing import alternate

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ROOT / 'projects/model_zoo/ikp_people_64-ed1f92da.pth'
LARGER = ROOT / 'configs/ikp_synthetic_128.py'
ONNX_OPTIONS = ROOT / 'configs/deploy/onnxruntime_dynamic.py'
# Fraction of the image's side that keypoints of a runtime may lie from those of eager PyTorch.
TOLERANCE = 1e-3
EAGER, FOLDED, ONNX = 'eager', 'eager, channels-last, BatchNorm folded', 'ONNX Runtime'


def measure_inference(device: str) -> list[dict]:
    """Two networks, and frames to keypoints. Leaves PyTorch and OpenCV with one thread."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    shipped = build_detector(read_checkpoint(SHIPPED), device)
    with torch.inference_mode():
        return [
            *measure_network(SHIPPED.name, shipped, device),
            *measure_network(f'{LARGER.name}, random weights', _random_detector(device), device),
            *measure_frames(SHIPPED)]


def measure_network(name: str, detector: Detector, device: str, batches: Sequence[int] = (1, 16),
                    seconds: float = 9.0) -> list[dict]:
    """Time a network on random images.

    Args:
        device: of the detector; ONNX Runtime runs on the CPU and is left out elsewhere.
        batches: images at once.
        seconds: for each batch.

    Returns:
        list[dict]: ``network``, ``batch``, ``runtime``, what ``alternate`` says, ``frames/s``.

    Raises:
        ImportError: no onnx or onnxruntime.
        RuntimeError: a runtime's keypoints are not those of eager PyTorch.
    """
    runs = {EAGER: _pytorch(detector, torch.contiguous_format),
            FOLDED: _pytorch(detector, torch.channels_last)}
    fold_batch_norm(runs[FOLDED])
    if device == 'cpu':
        runs[ONNX] = _onnx(detector)
    width, height = input_size(detector.config)
    rows = []
    for batch in batches:
        images = torch.randn(batch, 3, height, width).to(device)
        expected = runs[EAGER](images)
        for runtime, run in runs.items():
            apart = float((run(images) - expected).abs().max())
            if apart > TOLERANCE:
                raise RuntimeError(f'{name}, {runtime}: keypoints lie {apart:.4f} sides from '
                                   f'those of eager PyTorch, {TOLERANCE} is allowed')
        calls = {runtime: lambda run=run: run(images) for runtime, run in runs.items()}
        rows += _rows(name, batch, calls, seconds, device)
    return rows


def measure_frames(checkpoint: Path, seconds: float = 9.0) -> list[dict]:
    """Time one frame to keypoints on the CPU, with scores and without; rows as above."""
    noise = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    square = np.array([[48.0, 47.0, 80.0]])
    calls = {}
    for runtime, scores in (('whole frames, CPU', True), ('whole frames, CPU, no scores', False)):
        predictor = CheckpointPredictor(checkpoint, scores=scores)
        calls[runtime] = lambda predictor=predictor: predictor.predict([noise], square)
    return _rows(checkpoint.name, 1, calls, seconds, 'cpu')


def _random_detector(device: str) -> Detector:
    """The detector of a training config with the weights it starts from."""
    cfg = Config.fromfile(LARGER)
    model = MODELS.build(detector_config(cfg))
    return Detector(model.to(device).eval(), cfg, model.head.skeleton)


def _pytorch(detector: Detector, memory_format: torch.memory_format) -> ExportedDetector:
    model = copy.deepcopy(detector.model).to(memory_format=memory_format)
    return ExportedDetector(Detector(model, detector.config, detector.skeleton)).eval()


def _onnx(detector: Detector) -> Callable[[Tensor], Tensor]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'detector.onnx'
        export_torch(detector, path, Config.fromfile(ONNX_OPTIONS))
        graph = OnnxGraph(path, threads=1)
    return lambda images: torch.from_numpy(graph(images.numpy())[0])


def _rows(name: str, batch: int, calls: Mapping[str, Callable], seconds: float, device: str
          ) -> list[dict]:
    return [{'network': name, 'batch': batch, 'runtime': runtime, **timing,
             'frames/s': 1e3 * batch / timing['ms']}
            for runtime, timing in alternate(calls, seconds, device).items()]
