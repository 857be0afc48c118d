"""Inference: Phi and eta by several runtimes, and the whole way from a frame to keypoints.

Each runtime's keypoints are compared with those of eager PyTorch on the same images.
"""
from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
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
REFERENCE = ROOT / 'configs/ikp_synthetic_128.py'
ONNX_OPTIONS = ROOT / 'configs/deploy/onnxruntime_dynamic.py'
# Fraction of the image's side that keypoints of a runtime may lie from those of eager PyTorch.
TOLERANCE = 1e-3
EAGER, FOLDED, ONNX = 'eager', 'eager, channels-last, BatchNorm folded', 'ONNX Runtime'

Run = Callable[[Tensor], Tensor]


@contextmanager
def one_thread():
    """PyTorch and OpenCV compute with one thread inside the block."""
    before = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])


def measure_inference(device: str, checkpoint: Path = SHIPPED, reference: Path | None = REFERENCE,
                      batches: Sequence[int] = (1, 16), seconds: float = 45.0) -> list[dict]:
    """Time the network by itself, and the whole way from a frame to keypoints, on one thread.

    Args:
        device: where PyTorch runs; ONNX Runtime runs on the CPU and is left out elsewhere.
        checkpoint: a trained detector.
        reference: a config whose detector is timed with random weights; None leaves it out.
        batches: images at once.
        seconds: for all of it.

    Returns:
        list[dict]: ``network``, ``px`` of its input, ``batch``, ``runtime``, what ``alternate``
        says, ``frames/s``, ``times as fast`` as eager, ``apart, px``, the largest distance from
        eager's keypoints, ``note``. A runtime that could not run has a note alone.
    """
    detectors = {checkpoint.name: build_detector(read_checkpoint(checkpoint), device)}
    if reference is not None:
        detectors[f'{reference.name}, random weights'] = _random_detector(reference, device)
    share = seconds / (len(detectors) * len(batches) + 1)
    rows = []
    with one_thread(), tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        for number, (name, detector) in enumerate(detectors.items()):
            side = input_size(detector.config)[0]
            runs = {EAGER: _pytorch(detector), FOLDED: _pytorch(detector, folded=True)}
            note = 'not run: timed on the CPU alone'
            if device == 'cpu':
                try:
                    runs[ONNX] = _onnx(detector, Path(folder) / f'{number}.onnx')
                except ImportError as error:
                    note = f'not run: {error}'
            for batch in batches:
                draws = torch.Generator().manual_seed(batch)
                images = torch.randn(batch, 3, side, side, generator=draws).to(device)
                rows += [dict(network=name, px=side, batch=batch, **row)
                         for row in _time(runs, images, share, device)]
            if ONNX not in runs:
                rows.append(dict(network=name, px=side, runtime=ONNX, note=note))
        noise = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
        square = np.array([[48.0, 47.0, 80.0]])
        calls = {}
        for scores in (True, False):
            predictor = CheckpointPredictor(checkpoint, scores=scores)
            calls[scores] = lambda predictor=predictor: predictor.predict([noise], square)
        rows += [{'network': checkpoint.name, 'batch': 1,
                  'runtime': f"frame to keypoints, CPU, {'with' if scores else 'without'} scores",
                  **timing, 'frames/s': 1e3 / timing['ms']}
                 for scores, timing in alternate(calls, share, warmup=2, min_rounds=5).items()]
    return rows


def _random_detector(config: Path, device: str) -> Detector:
    """The detector of a training config with the weights it starts from."""
    cfg = Config.fromfile(config)
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    torch.manual_seed(0)
    model = MODELS.build(detector_config(cfg))
    return Detector(model.to(device).eval(), cfg, model.head.skeleton)


def _pytorch(detector: Detector, folded: bool = False) -> Run:
    """Images to keypoints by a copy of the model, as MMPose runs it or as ``predict`` does."""
    model = copy.deepcopy(detector.model)
    model.to(memory_format=torch.channels_last if folded else torch.contiguous_format)
    if folded:
        fold_batch_norm(model)
    return ExportedDetector(Detector(model, detector.config, detector.skeleton)).eval()


def _onnx(detector: Detector, path: Path) -> Run:
    export_torch(detector, path, Config.fromfile(ONNX_OPTIONS))
    graph = OnnxGraph(path, threads=1)
    return lambda images: torch.from_numpy(graph(images.numpy())[0])


def _time(runs: dict[str, Run], images: Tensor, seconds: float, device: str) -> list[dict]:
    side = images.shape[-1]
    expected = runs[EAGER](images)
    timings = alternate({key: lambda run=run: run(images) for key, run in runs.items()}, seconds,
                        device)
    rows = []
    for key, timing in timings.items():
        apart = side * float((runs[key](images) - expected).abs().max())
        rows.append({
            'runtime': key, **timing, 'frames/s': 1e3 * len(images) / timing['ms'],
            'times as fast': timings[EAGER]['ms'] / timing['ms'], 'apart, px': apart,
            'note': '' if apart < TOLERANCE * side else
            f'not equal: allowed are {TOLERANCE * side:.3f} px'})
    return rows
