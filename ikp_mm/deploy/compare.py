"""An exported file beside the model it came from: difference, error, size, speed."""
from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
import torch
from torch import Tensor

from ikp_mm.inference import Detector
from ikp_mm.inference.onnx_graph import OnnxGraph

from .crops import Crops
from .onnx_file import ExportedDetector

# Of coordinates in [0, 1].
TOLERANCE = 1e-5


class ParityError(RuntimeError):
    """An exported file does not give what the model gives."""


@dataclass
class Difference:
    """How far two sets of keypoints lie apart."""

    coordinate: float  # largest difference of one coordinate, in fractions of the frame
    pixels: float  # the same in pixels of the network's input
    percent: float  # mean distance of the joints in percent of the frame's longer side


@torch.no_grad()
def eager(detector: Detector, inputs: Tensor, scores: bool = False) -> list[np.ndarray]:
    """What the PyTorch model gives for inputs (N, 3, H, W), as ``OnnxGraph`` does."""
    found = ExportedDetector(detector, scores)(inputs)
    return [part.numpy() for part in (found if scores else (found, ))]


def difference(ours: np.ndarray, theirs: np.ndarray, frame: tuple[int, int]) -> Difference:
    """Difference of keypoints (N, K, 2) in fractions of a frame of ``frame`` = (W, H) pixels;
    joints that are NaN in either are left out."""
    apart = np.abs(np.asarray(ours, np.float64) - np.asarray(theirs, np.float64))
    pixels = apart * np.asarray(frame)
    distance = np.linalg.norm(pixels, axis=-1)
    return Difference(float(np.nanmax(apart)), float(np.nanmax(pixels)),
                      float(100 * np.nanmean(distance) / max(frame)))


def mean_error(keypoints: np.ndarray, crops: Crops) -> float | None:
    """Mean distance of keypoints (N, K, 2) from the truth in percent of the frame's longer side;
    None for crops without labels."""
    return (None if crops.truth is None
            else difference(keypoints, crops.truth, crops.frame).percent)


def check_parity(detector: Detector, path: Path, crops: Crops, scores: bool = False
                 ) -> Difference:
    """Difference of the keypoints of a file and of the model on real inputs.

    Raises:
        ParityError: a coordinate (or a score) differs by more than TOLERANCE, or is not a number.
            The file is renamed to ``<name>.failed``, so that nobody takes it for good.
    """
    expected = eager(detector, crops.inputs, scores)
    found = OnnxGraph(path, threads=1)(crops.inputs.numpy())
    if len(found) != len(expected):
        _set_aside(path, f'has {len(found)} outputs in place of {len(expected)}')
    for ours, theirs in zip(expected, found):
        if ours.shape != theirs.shape or not np.isfinite(theirs).all():
            _set_aside(path, f'gave {theirs.shape}, or no finite numbers, in place of '
                       f'{ours.shape}')
        apart = float(np.abs(ours - theirs).max())
        if apart > TOLERANCE:
            _set_aside(path, f'differs from the model by {apart:.1e} on {crops.origin}, allowed '
                       f'are {TOLERANCE:.0e} (coordinates and scores run from 0 to 1)')
    return difference(expected[0], found[0], crops.frame)


def _set_aside(path: Path, why: str) -> NoReturn:
    failed = path.with_name(path.name + '.failed')
    path.replace(failed)
    raise ParityError(f'{path} {why}. It is now {failed.name}')


def median_milliseconds(run: Callable[[], object], repeats: int = 50, warm_up: int = 5) -> float:
    """Median wall time of ``run()``."""
    times = []
    for number in range(warm_up + repeats):
        start = time.perf_counter()
        run()
        if number >= warm_up:
            times.append(time.perf_counter() - start)
    return 1000 * float(np.median(times))


def eager_latency(detector: Detector, inputs: Tensor, scores: bool = False) -> float:
    """Median milliseconds of one image in PyTorch, one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    milliseconds = median_milliseconds(lambda: eager(detector, inputs[:1], scores))
    torch.set_num_threads(threads)
    return milliseconds


def onnx_latency(path: Path, inputs: Tensor) -> float:
    """Median milliseconds of one image in ONNX Runtime, one thread."""
    graph, image = OnnxGraph(path, threads=1), inputs[:1].numpy()
    return median_milliseconds(lambda: graph(image))
