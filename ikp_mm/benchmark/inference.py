"""Inference alone: Phi and eta by several runtimes, and frames a second end to end on one core.

No runtime may change what is found: each is compared with eager PyTorch on the same images.
"""
from __future__ import annotations

import copy
import os
import shutil
import tempfile
import time
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
from ikp_mm.inference.checkpoint_predictor import CheckpointPredictor, fold_batch_norm
from ikp_mm.inference.checkpoints import detector_config
from ikp_mm.inference.onnx_graph import require_onnxruntime

from .timing import Timing, alternate

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / 'projects/model_zoo/ikp_people_64-ed1f92da.pth'
REFERENCE = ROOT / 'configs/ikp_synthetic_128.py'
ONNX_OPTIONS = ROOT / 'configs/deploy/onnxruntime_dynamic.py'
# Fraction of the image's side that keypoints of a runtime may lie from those of eager PyTorch.
TOLERANCE = 1e-3
EAGER, COMPILED, ONNX = 'eager', 'torch.compile', 'ONNX Runtime'

Run = Callable[[Tensor], Tensor]


@contextmanager
def threads_of(number: int):
    """PyTorch and OpenCV compute with so many threads inside the block."""
    before = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(number)
    cv2.setNumThreads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])


def measure_inference(checkpoint: str | Path | None = None, device: str = 'cpu', threads: int = 1,
                      batches: Sequence[int] = (1, 16), seconds: float = 45.0,
                      reference: str | Path | None = REFERENCE, compiled: bool = True) -> dict:
    """Time the network by itself, and the whole way from a frame to keypoints.

    Args:
        checkpoint: a trained detector; None takes the shipped one.
        device: where PyTorch runs; ONNX Runtime runs on the CPU and is left out elsewhere.
        threads: of the network alone; end to end is always one.
        batches: images at once.
        seconds: for all of it, compiling left out.
        reference: a config whose detector is timed with random weights; None leaves it out.
        compiled: time ``torch.compile`` as well, for ``checkpoint`` at the first batch size: each
            size is compiled anew.

    Returns:
        dict: ``device``, ``threads``, ``compile_seconds`` (None where nothing was compiled),
        ``rows`` (``network``, ``side`` px, ``batch``, ``runtime``, ``median``, ``low``, ``high``
        seconds, ``repeats``, ``frames_per_second``, ``ratio`` to eager, ``difference`` pixels,
        ``note``; a runtime that could not run has the note alone), and ``end_to_end``
        (:func:`measure_end_to_end`).
    """
    checkpoint = Path(checkpoint or SHIPPED)
    detectors = {checkpoint.name: build_detector(read_checkpoint(checkpoint), device)}
    if reference is not None:
        detectors[f'{Path(reference).name}, random weights'] = random_detector(reference, device)
    share = seconds / (len(detectors) * len(batches) + 1)
    rows, compile_seconds = [], None
    with threads_of(threads), tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        for place, (name, detector) in enumerate(detectors.items()):
            runs, notes = _runtimes(detector, device, threads, Path(folder) / f'{place}.onnx')
            for batch in batches:
                images = _images(batch, detector, device)
                here = dict(runs)
                if compiled and place == 0 and batch == batches[0]:
                    compiler = os.environ.get('CXX', 'g++')
                    if device == 'cpu' and shutil.which(compiler) is None:
                        notes[COMPILED] = f'not run: no C++ compiler ({compiler})'
                    else:
                        here[COMPILED], compile_seconds = _compile(detector, images)
                rows += _rows(name, detector, here, images, share, device)
            rows += [dict(network=name, side=input_size(detector.config)[0], batch=None,
                          runtime=runtime, note=note) for runtime, note in notes.items()]
    return dict(device=device, threads=threads, compile_seconds=compile_seconds, rows=rows,
                end_to_end=measure_end_to_end(checkpoint, share))


def measure_end_to_end(checkpoint: str | Path, seconds: float) -> dict:
    """Frames a second from an image to keypoints, one at a time, by one thread of the CPU.

    Returns:
        dict: ``checkpoint``, ``threads`` (as PyTorch says), ``error`` (direct, percent of the
        side, as the file's own ``meta['result']`` has it; None where it says nothing) and
        ``rows``: ``scores`` (whether each joint gets one), ``frames_per_second``, ``median``,
        ``low``, ``high``, ``repeats``.
    """
    told = torch.load(checkpoint, map_location='cpu', weights_only=True)['meta'].get('result', {})
    noise = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    square = np.array([[48.0, 47.0, 80.0]])
    with threads_of(1):
        calls = {}
        for scores in (True, False):
            predictor = CheckpointPredictor(checkpoint, scores=scores)
            calls[scores] = lambda predictor=predictor: predictor.predict([noise], square)
        timings = alternate(calls, seconds)
        used = torch.get_num_threads()
    return dict(checkpoint=Path(checkpoint).name, threads=used, error=told.get('direct'), rows=[
        dict(scores=scores, frames_per_second=1 / timing.median, **timing.to_dict())
        for scores, timing in timings.items()])


def random_detector(config: str | Path, device: str) -> Detector:
    """The detector of a training config with the weights it starts from."""
    cfg = Config.fromfile(config)
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    torch.manual_seed(0)
    model = MODELS.build(detector_config(cfg))
    return Detector(model.to(device).eval(), cfg, model.head.skeleton)


def _images(batch: int, detector: Detector, device: str) -> Tensor:
    width, height = input_size(detector.config)
    generator = torch.Generator().manual_seed(batch)
    return torch.randn(batch, 3, height, width, generator=generator).to(device)


def _runtimes(detector: Detector, device: str, threads: int,
              path: Path) -> tuple[dict[str, Run], dict[str, str]]:
    """Name -> call, eager first; and name -> why it cannot run."""
    plain = copy.deepcopy(detector.model).to(memory_format=torch.contiguous_format)
    last = copy.deepcopy(plain).to(memory_format=torch.channels_last)
    folded = copy.deepcopy(last)
    fold_batch_norm(folded)
    runs: dict[str, Run] = {
        name: ExportedDetector(Detector(model, detector.config, detector.skeleton)).eval()
        for name, model in ((EAGER, plain), ('eager, channels-last', last),
                            ('eager, channels-last, BatchNorm folded', folded))}
    if device != 'cpu':
        return runs, {ONNX: 'not run: timed on the CPU alone'}
    try:
        runs[ONNX] = _onnx(detector, path, threads)
    except ImportError as error:
        return runs, {ONNX: f'not run: {error}'}
    return runs, {}


def _onnx(detector: Detector, path: Path, threads: int) -> Run:
    runtime = require_onnxruntime()
    export_torch(detector, path, Config.fromfile(ONNX_OPTIONS))
    options = runtime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = runtime.InferenceSession(str(path), options, providers=['CPUExecutionProvider'])
    name = session.get_inputs()[0].name
    return lambda images: torch.from_numpy(session.run(None, {name: images.numpy()})[0])


def _compile(detector: Detector, images: Tensor) -> tuple[Run, float]:
    """The compiled network, and seconds until it gave its first answer."""
    model = copy.deepcopy(detector.model)
    run = torch.compile(
        ExportedDetector(Detector(model, detector.config, detector.skeleton)).eval())
    begin = time.perf_counter()
    run(images)
    return run, time.perf_counter() - begin


def _rows(name: str, detector: Detector, runs: dict[str, Run], images: Tensor, seconds: float,
          device: str) -> list[dict]:
    side = input_size(detector.config)[0]
    expected = runs[EAGER](images)
    apart = {key: side * float((run(images) - expected).abs().max()) for key, run in runs.items()}
    timings: dict[str, Timing] = alternate(
        {key: lambda run=run: run(images) for key, run in runs.items()}, seconds, device,
        warmup=1, min_rounds=3)
    base, batch = timings[EAGER].median, len(images)
    return [dict(network=name, side=side, batch=batch, runtime=key,
                 frames_per_second=batch / timing.median, ratio=base / timing.median,
                 difference=apart[key], **timing.to_dict(),
                 note='' if apart[key] < TOLERANCE * side else
                 f'not equal: allowed are {TOLERANCE * side:.3f} px')
            for key, timing in timings.items()]


def table_inference(result: dict) -> str:
    """Markdown: a table of the network alone, and one of the way from frame to keypoints."""
    lines = [f"Network alone, {result['device']}, threads: {result['threads']}.", '',
             '| network | px | batch | runtime | ms a batch (10 % - 90 %) | frames/s | times as '
             'fast as eager | largest difference, px | |', '|' + '---|' * 9]
    for row in result['rows']:
        cells = [f"`{row['network']}`", row['side'], row['batch'] or '', row['runtime']]
        if 'median' in row:
            timing = Timing(row['median'], row['low'], row['high'], row['repeats'])
            cells += [timing.milliseconds(), f"{row['frames_per_second']:.1f}",
                      f"{row['ratio']:.2f}", f"{row['difference']:.1e}"]
        else:
            cells += [''] * 4
        lines.append('| ' + ' | '.join(str(cell) for cell in (*cells, row['note'])) + ' |')
    if result['compile_seconds'] is not None:
        lines += ['', f"torch.compile took {result['compile_seconds']:.0f} s before its first "
                      'answer, which the table leaves out; another batch size takes them again.']
    whole = result['end_to_end']
    error = '' if whole['error'] is None else (
        f", direct error {whole['error']:.2f} % of the side by the file's own record")
    lines += ['', f"Frame to keypoints (cut out, normalise, network, decode), one at a time, "
                  f"threads: {whole['threads']}, CPU: `{whole['checkpoint']}`{error}.", '',
              '| scores of joints | ms a frame (10 % - 90 %) | frames/s |', '|---|---|---|']
    for row in whole['rows']:
        timing = Timing(row['median'], row['low'], row['high'], row['repeats'])
        lines.append(f"| {'yes' if row['scores'] else 'no'} | {timing.milliseconds()} | "
                     f"{row['frames_per_second']:.1f} |")
    return '\n'.join(lines)
