"""One command's work: a checkpoint in, checked ONNX files and a report out."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from mmengine.config import Config

from ikp_mm.inference import Detector, build_detector, read_checkpoint
from ikp_mm.inference.onnx_graph import OnnxGraph

from .compare import (Difference, check_parity, difference, eager, eager_latency, mean_error,
                      onnx_latency)
from .crops import Crops, image_crops, test_set_crops
from .mmdeploy_export import export_mmdeploy, export_sdk
from .onnx_file import (convert_to_half, describe, export_torch, quantise,
                        write_description)
from .stock_config import stock_config

BACKENDS = ('mmdeploy', 'torch')


@dataclass
class FileReport:
    """One written file."""

    path: Path
    precision: str  # 'float32', 'float16', 'int8'
    megabytes: float  # 1e6 bytes
    milliseconds: float  # median of one image, ONNX Runtime, one thread
    added: Difference  # from the PyTorch model
    error_percent: float | None  # mean distance from the truth, of the side; None without labels


@dataclass
class ExportReport:
    """What an export wrote and measured."""

    crops: str  # where the inputs of the check come from
    eager_milliseconds: float  # the PyTorch model, one image, one thread
    eager_error_percent: float | None  # its mean distance from the truth, None without labels
    files: list[FileReport]

    def to_json(self) -> dict:
        """Plain numbers and strings."""
        return {**asdict(self), 'files': [
            {**asdict(entry), 'path': entry.path.name} for entry in self.files]}

    def lines(self) -> list[str]:
        """The report as a table."""
        def error(value: float | None) -> str:
            return '      -' if value is None else f'{value:7.3f}'

        lines = [f'checked on {self.crops}; error and distance in percent of the side; one image, '
                 'one thread, median',
                 '                             MB      ms   error  distance from the model: mean  '
                 'largest (px)',
                 f'{"PyTorch":24s}      - {self.eager_milliseconds:7.2f} '
                 f'{error(self.eager_error_percent)}']
        lines += [f'{entry.path.name:24s} {entry.megabytes:6.2f} {entry.milliseconds:7.2f} '
                  f'{error(entry.error_percent)}  {entry.added.percent:29.6f}  '
                  f'{entry.added.pixels:12.6f}' for entry in self.files]
        return lines


def load_detector(checkpoint: Path, config: str | Path | None = None) -> Detector:
    """Phi and eta of a checkpoint on the CPU, with all that an export needs of its configuration.

    Raises:
        FileNotFoundError, ValueError: as ``ikp_mm.inference.read_checkpoint`` and
            ``build_detector``; a model that is no backbone and head.
    """
    detector = build_detector(read_checkpoint(checkpoint, config), 'cpu')
    stock_config(detector.config, detector.skeleton)  # raises for what cannot be exported
    return detector


def choose_crops(detector: Detector, images: Sequence[str | Path] = (), number: int = 64) -> Crops:
    """The pictures, or frames of the test set where none are given."""
    return image_crops(detector, images) if images else test_set_crops(detector, number)


def export(detector: Detector, folder: Path, deploy_config: Config, crops: Crops,
           backend: str = 'mmdeploy', scores: bool = False, half: bool = False,
           int8: bool = False, sdk_checkpoint: Path | None = None,
           overwrite: bool = False) -> ExportReport:
    """Write and check the files.

    Args:
        deploy_config: a file of ``configs/deploy``.
        crops: compared on; for ``int8`` every other one only sets the ranges of activations.
        backend: one of :data:`BACKENDS`.
        scores: a second output with confidences (backend ``torch``).
        half, int8: further files of lower precision.
        sdk_checkpoint: write the files of MMDeploy's SDK too, which name this checkpoint.

    Raises:
        FileExistsError: an earlier export, without ``overwrite``.
        ParityError: the file does not give what the model gives.
        ValueError: options that exclude each other; too few crops for ``int8``.
        ImportError: a package is missing, named.
    """
    if backend not in BACKENDS:
        raise ValueError(f'backend must be one of {BACKENDS}, got {backend!r}')
    if scores and backend == 'mmdeploy':
        raise ValueError("MMDeploy's graph has one output: --scores needs --backend torch")
    if sdk_checkpoint is not None and (backend != 'mmdeploy'
                                       or deploy_config.onnx_config.get('dynamic_axes')):
        raise ValueError('the SDK takes the static export of MMDeploy: --sdk goes with --backend '
                         'mmdeploy and without --dynamic')
    if int8 and len(crops) < 8:
        raise ValueError(f'int8 takes the ranges of activations from half of the inputs: give at '
                         f'least 8, not {len(crops)}')
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / deploy_config.onnx_config.save_file
    if path.exists() and not overwrite:
        raise FileExistsError(f'{path} exists: give another --out, or --overwrite')
    if backend == 'mmdeploy':
        export_mmdeploy(detector, path, deploy_config)
    else:
        export_torch(detector, path, deploy_config, scores)
    write_description(path, describe(detector, scores))
    check_parity(detector, path, crops, scores)
    if sdk_checkpoint is not None:
        export_sdk(detector, folder, deploy_config, sdk_checkpoint)
    judged, origin = crops, crops.origin
    lower: dict[str, Callable[[Path, Path], None]] = {'float16': convert_to_half} if half else {}
    if int8:
        judged, origin = crops[1::2], f'{origin} (every other one; the rest calibrated int8)'
        lower['int8'] = partial(quantise, calibration=crops.inputs[::2].numpy())
    keypoints = eager(detector, judged.inputs)[0]
    report = ExportReport(origin, eager_latency(detector, judged.inputs, scores),
                          mean_error(keypoints, judged),
                          [_file_report(path, 'float32', keypoints, judged)])
    for precision, convert in lower.items():
        target = path.with_name(f'{path.stem}_{precision}.onnx')
        convert(path, target)
        report.files.append(_file_report(target, precision, keypoints, judged))
    return report


def _file_report(path: Path, precision: str, keypoints: np.ndarray, crops: Crops) -> FileReport:
    found = OnnxGraph(path, threads=1)(crops.inputs.numpy())[0]
    return FileReport(path, precision, path.stat().st_size / 1e6,
                      onnx_latency(path, crops.inputs), difference(keypoints, found, crops.frame),
                      mean_error(found, crops))
