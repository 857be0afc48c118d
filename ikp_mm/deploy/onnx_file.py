"""ONNX files: plain export by ``torch.onnx``, what a file says of itself, and smaller files.

The graph takes ``input`` (N, 3, H, W), normalised, and gives ``output`` (N, K, 2) in fractions of
the input frame (MMDeploy's names) and, with scores, ``keypoint_scores`` (N, K).
"""
from __future__ import annotations

import inspect
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from mmengine.config import Config
from torch import Tensor, nn

from ikp_mm.inference import Detector
from ikp_mm.inference.onnx_graph import METADATA_KEY, SCORES, require_onnxruntime
from ikp_mm.io.optional import optional
from ikp_mm.version import __version__

from .quiet import quiet
from .stock_config import box_padding, input_size, written_out

# Chooses the TorchScript exporter, which MMDeploy's rewriting works with (the newer one asks for
# onnxscript); before torch 2.5 there was no such argument. Looked up once: MMDeploy puts another
# function in the place of torch.onnx.export while it exports.
LEGACY_EXPORTER = (
    dict(dynamo=False) if 'dynamo' in inspect.signature(torch.onnx.export).parameters else {})


def require_onnx() -> ModuleType:
    """The ``onnx`` package; ImportError says how to install it."""
    return optional('onnx', 'exporting needs the onnx package: pip install onnx==1.17.0 '
                    'protobuf==3.20.2, or make extras')


class ExportedDetector(nn.Module):
    """images (N, 3, H, W) -> keypoints (N, K, 2) in [0, 1], and with scores (N, K) in [0, 1]."""

    def __init__(self, detector: Detector, scores: bool = False) -> None:
        super().__init__()
        self.model, self.scores = detector.model, scores
        if scores and not hasattr(self.model.head, 'forward_with_scores'):
            raise ValueError(f'{type(self.model.head).__name__} gives no scores: export without '
                             '--scores')

    def forward(self, images: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        feats = self.model.extract_feat(images)
        head = self.model.head
        return head.forward_with_scores(feats) if self.scores else head(feats)


def export_torch(detector: Detector, path: Path, deploy_config: Config,
                 scores: bool = False) -> None:
    """Write the detector with ``torch.onnx``, by the same options as MMDeploy takes: a file of
    ``configs/deploy`` says names, opset, dynamic axes. With ``scores`` a second output.

    Raises:
        ImportError: no onnx package.
        ValueError: scores of a head that has none.
    """
    require_onnx()
    options = deploy_config.onnx_config
    outputs = list(options.output_names) + ([SCORES] if scores else [])
    axes = options.get('dynamic_axes')
    if axes is not None:
        axes = {name: dict(axis) for name, axis in axes.items()}
        if scores:
            axes[SCORES] = dict(axes[options.output_names[0]])
    width, height = input_size(detector.config)
    exported = ExportedDetector(detector, scores).eval()
    with torch.no_grad(), quiet():  # size checks become constants: a file is of one size
        torch.onnx.export(
            exported, (torch.zeros(1, 3, height, width), ), str(path),
            input_names=list(options.input_names), output_names=outputs,
            opset_version=options.opset_version, dynamic_axes=axes,
            keep_initializers_as_inputs=options.keep_initializers_as_inputs, **LEGACY_EXPORTER)


def describe(detector: Detector, scores: bool = False) -> dict:
    """What a file says of itself: ``version`` (of this package), ``skeleton`` (name, joints, edges
    by name, swaps), ``input_size`` [W, H], ``mean``, ``std`` (RGB, 0-255), ``bgr_to_rgb``,
    ``padding``, ``outputs``."""
    config = detector.config
    preprocessor = config.model['data_preprocessor']
    return dict(
        version=__version__, skeleton=written_out(detector.skeleton),
        input_size=list(input_size(config)),
        mean=[float(value) for value in preprocessor['mean']],
        std=[float(value) for value in preprocessor['std']],
        bgr_to_rgb=bool(preprocessor.get('bgr_to_rgb', False)), padding=box_padding(config),
        outputs=['keypoints', *([SCORES] if scores else [])])


def write_description(path: Path, description: dict) -> None:
    """Put :func:`describe` into a file's metadata, in place of an older one."""
    onnx = require_onnx()
    model = onnx.load(str(path))
    kept = {entry.key: entry.value for entry in model.metadata_props if entry.key != METADATA_KEY}
    onnx.helper.set_model_props(model, {**kept, METADATA_KEY: json.dumps(description)})
    onnx.save(model, str(path))


def convert_to_half(source: Path, target: Path) -> None:
    """Weights and arithmetic in float16; inputs and outputs stay float32.

    ONNX Runtime's CPU has no float16 kernel for most operators and casts around them: such a file
    is smaller there, not faster. ImportError without onnx or onnxruntime.
    """
    onnx = require_onnx()
    require_onnxruntime()
    from onnxruntime.transformers.float16 import convert_float_to_float16
    model = convert_float_to_float16(onnx.load(str(source)), keep_io_types=True)
    onnx.save(model, str(target))


def quantise(source: Path, target: Path, calibration: np.ndarray) -> None:
    """Convolutions in 8 bit integers (QDQ, a scale for each channel of the weights).

    Static quantisation: the ranges of activations are those seen on ``calibration``, inputs
    (N, 3, H, W) float32, normalised. The soft-argmax stays float: steps of 1/256 would blur its
    coordinates. ImportError without onnx, onnxruntime or ml_dtypes.
    """
    onnx = require_onnx()
    require_onnxruntime()
    tools = optional('onnxruntime.quantization', "ONNX Runtime's quantisation needs one more "
                     'package: pip install ml_dtypes==0.5.4')

    class Reader(tools.CalibrationDataReader):
        """One image at a time."""

        def __init__(self, name: str) -> None:
            self._rows = iter([{name: row[None]} for row in calibration])

        def get_next(self) -> dict | None:
            return next(self._rows, None)

    name = onnx.load(str(source)).graph.input[0].name
    with quiet():
        tools.quantize_static(
            str(source), str(target), Reader(name), quant_format=tools.QuantFormat.QDQ,
            per_channel=True, activation_type=tools.QuantType.QUInt8,
            weight_type=tools.QuantType.QInt8, op_types_to_quantize=['Conv'])
