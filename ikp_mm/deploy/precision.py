"""Smaller ONNX files: half precision, and 8 bit integers."""
from __future__ import annotations

from pathlib import Path

import numpy as np

from ikp_mm.inference.onnx_graph import require_onnxruntime
from ikp_mm.io.optional import optional

from .onnx_file import require_onnx
from .quiet import quiet


def convert_to_half(source: Path, target: Path) -> None:
    """Weights and arithmetic in float16; inputs and outputs stay float32.

    ONNX Runtime's CPU has no float16 kernel for most operators and casts around them: such a file
    is smaller there, not faster.

    Raises:
        ImportError: no onnx or onnxruntime.
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
    coordinates.

    Raises:
        ImportError: no onnx, onnxruntime or ml_dtypes.
        ValueError: nothing to calibrate on.
    """
    onnx = require_onnx()
    require_onnxruntime()
    tools = optional('onnxruntime.quantization', "ONNX Runtime's quantisation needs one more "
                     'package: pip install ml_dtypes==0.5.4')
    if not len(calibration):
        raise ValueError('quantisation needs images to take the ranges of activations from')

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
