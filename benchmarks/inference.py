"""Inference: Phi and eta by several runtimes, and frames a second from image to keypoints.

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
from ikp_mm.inference.onnx_graph import require_onnxruntime
from ikp_mm.inference.predictor import CheckpointPredictor, fold_batch_norm

from .timing import Timing, alternate

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


def measure_inference(device: str = 'cpu', checkpoint: str | Path = SHIPPED,
                      reference: str | Path | None = REFERENCE, batches: Sequence[int] = (1, 16),
                      seconds: float = 45.0) -> dict:
    """Time the network by itself, and the whole way from a frame to keypoints, on one thread.

    Args:
        device: where PyTorch runs; ONNX Runtime runs on the CPU and is left out elsewhere.
        checkpoint: a trained detector.
        reference: a config whose detector is timed with random weights; None leaves it out.
        batches: images at once.
        seconds: for all of it.

    Returns:
        dict: ``device``, ``rows`` (``network``, ``side`` px, ``batch``, ``runtime``, ``median``,
        ``low``, ``high`` seconds, ``repeats``, ``frames_per_second``, ``ratio`` to eager,
        ``difference`` pixels, ``note``; a runtime that could not run has the note alone),
        ``checkpoint`` and ``end_to_end``: rows of ``scores`` (whether each joint gets one),
        ``frames_per_second`` on the CPU, ``median``, ``low``, ``high``, ``repeats``.
    """
    checkpoint = Path(checkpoint)
    detectors = {checkpoint.name: build_detector(read_checkpoint(checkpoint), device)}
    if reference is not None:
        detectors[f'{Path(reference).name}, random weights'] = random_detector(reference, device)
    share = seconds / (len(detectors) * len(batches) + 1)
    rows = []
    with one_thread(), tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        for number, (name, detector) in enumerate(detectors.items()):
            side = input_size(detector.config)[0]
            runs, notes = _runtimes(detector, device, Path(folder) / f'{number}.onnx')
            for batch in batches:
                draws = torch.Generator().manual_seed(batch)
                images = torch.randn(batch, 3, side, side, generator=draws).to(device)
                rows += [dict(network=name, side=side, batch=batch, **row)
                         for row in _time(runs, images, share, device)]
            rows += [dict(network=name, side=side, batch=None, runtime=runtime, note=note)
                     for runtime, note in notes.items()]
        calls = {}
        noise = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
        square = np.array([[48.0, 47.0, 80.0]])
        for scores in (True, False):
            predictor = CheckpointPredictor(checkpoint, scores=scores)
            calls[scores] = lambda predictor=predictor: predictor.predict([noise], square)
        timings = alternate(calls, share)
    return dict(device=device, rows=rows, checkpoint=checkpoint.name, end_to_end=[
        dict(scores=scores, frames_per_second=1 / timing.median, **timing.to_dict())
        for scores, timing in timings.items()])


def random_detector(config: str | Path, device: str) -> Detector:
    """The detector of a training config with the weights it starts from."""
    cfg = Config.fromfile(config)
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    torch.manual_seed(0)
    model = MODELS.build(detector_config(cfg))
    return Detector(model.to(device).eval(), cfg, model.head.skeleton)


def _runtimes(detector: Detector, device: str,
              path: Path) -> tuple[dict[str, Run], dict[str, str]]:
    """Name -> call, eager first; and name -> why it cannot run."""
    plain = copy.deepcopy(detector.model).to(memory_format=torch.contiguous_format)
    folded = copy.deepcopy(plain).to(memory_format=torch.channels_last)
    fold_batch_norm(folded)
    runs: dict[str, Run] = {
        name: ExportedDetector(Detector(model, detector.config, detector.skeleton)).eval()
        for name, model in ((EAGER, plain), (FOLDED, folded))}
    if device != 'cpu':
        return runs, {ONNX: 'not run: timed on the CPU alone'}
    try:
        runs[ONNX] = _onnx(detector, path)
    except ImportError as error:
        return runs, {ONNX: f'not run: {error}'}
    return runs, {}


def _onnx(detector: Detector, path: Path) -> Run:
    runtime = require_onnxruntime()
    export_torch(detector, path, Config.fromfile(ONNX_OPTIONS))
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = runtime.InferenceSession(str(path), options, providers=['CPUExecutionProvider'])
    name = session.get_inputs()[0].name
    return lambda images: torch.from_numpy(session.run(None, {name: images.numpy()})[0])


def _time(runs: dict[str, Run], images: Tensor, seconds: float, device: str) -> list[dict]:
    side = images.shape[-1]
    expected = runs[EAGER](images)
    apart = {key: side * float((run(images) - expected).abs().max()) for key, run in runs.items()}
    timings = alternate({key: lambda run=run: run(images) for key, run in runs.items()}, seconds,
                        device, warmup=1, min_rounds=3)
    return [dict(runtime=key, frames_per_second=len(images) / timing.median,
                 ratio=timings[EAGER].median / timing.median, difference=apart[key],
                 note='' if apart[key] < TOLERANCE * side else
                 f'not equal: allowed are {TOLERANCE * side:.3f} px', **timing.to_dict())
            for key, timing in timings.items()]


def _milliseconds(row: dict) -> str:
    return Timing(row['median'], row['low'], row['high'], row['repeats']).milliseconds()


def table_inference(result: dict) -> str:
    """Markdown: a table of the network alone, and one of the way from frame to keypoints."""
    lines = [f"Network alone, {result['device']}, one thread.", '',
             '| network | px | batch | runtime | ms a batch (10 % - 90 %) | frames/s | times as '
             'fast as eager | largest difference, px | |', '|' + '---|' * 9]
    for row in result['rows']:
        cells = [f"`{row['network']}`", row['side'], row['batch'] or '', row['runtime']]
        cells += [_milliseconds(row), f"{row['frames_per_second']:.1f}", f"{row['ratio']:.2f}",
                  f"{row['difference']:.1e}"] if 'median' in row else [''] * 4
        lines.append('| ' + ' | '.join(str(cell) for cell in (*cells, row['note'])) + ' |')
    lines += ['', 'Frame to keypoints (cut out, normalise, network, decode), one at a time, one '
                  f"thread, CPU: `{result['checkpoint']}`.", '',
              '| scores of joints | ms a frame (10 % - 90 %) | frames/s |', '|---|---|---|']
    lines += [f"| {'yes' if row['scores'] else 'no'} | {_milliseconds(row)} | "
              f"{row['frames_per_second']:.1f} |" for row in result['end_to_end']]
    return '\n'.join(lines)
