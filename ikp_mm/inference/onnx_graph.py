"""ONNX files in ONNX Runtime, on the CPU."""
from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np

from ikp_mm.io.optional import optional

# What a file of tools/export.py says of itself, and the name of its second output.
METADATA_KEY, SCORES = 'ikp_mm', 'keypoint_scores'


def require_onnxruntime() -> ModuleType:
    """ONNX Runtime; ImportError says how to install it."""
    return optional('onnxruntime',
                    'running ONNX files needs ONNX Runtime: pip install onnxruntime')


class OnnxGraph:
    """A graph of one input; batches of any size. A graph of a fixed batch size is run repeatedly,
    its last batch filled up.

    Args:
        path: the file.
        threads: of one run; 0 leaves it to ONNX Runtime.

    Attributes:
        input: ONNX Runtime's own, with ``name`` and ``shape``.
        output_names: in the order of what a call gives.
        metadata: the file's, text -> text.
        batch_size: images that the graph takes at a time, None for any number.

    Raises:
        FileNotFoundError: no such file.
        ValueError: no ONNX file.
        ImportError: no onnxruntime.
    """

    def __init__(self, path: Path, threads: int = 0) -> None:
        if not path.is_file():
            raise FileNotFoundError(f'ONNX file {path} does not exist')
        runtime = require_onnxruntime()
        options = runtime.SessionOptions()
        if threads:
            options.intra_op_num_threads = options.inter_op_num_threads = threads
        options.log_severity_level = 3  # errors; it warns of each constant it leaves unfolded
        # ONNX Runtime has no common parent of its errors short of Exception.
        states = runtime.capi.onnxruntime_pybind11_state
        try:
            self._session = runtime.InferenceSession(str(path), options,
                                                     providers=['CPUExecutionProvider'])
        except (states.InvalidProtobuf, states.InvalidGraph, states.InvalidArgument, states.Fail,
                states.NotImplemented) as error:
            raise ValueError(f'{path} cannot be opened as an ONNX model: {error}') from error
        self.input = self._session.get_inputs()[0]
        self.output_names = [entry.name for entry in self._session.get_outputs()]
        self.metadata = self._session.get_modelmeta().custom_metadata_map
        self.batch_size = self.input.shape[0] if isinstance(self.input.shape[0], int) else None

    def __call__(self, inputs: np.ndarray) -> list[np.ndarray]:
        """All outputs for inputs (N, 3, H, W) float32, N at least 1."""
        size = self.batch_size or len(inputs)
        missing = -len(inputs) % size
        filled = np.concatenate([inputs, np.repeat(inputs[-1:], missing, axis=0)])
        parts = [self._session.run(None, {self.input.name: filled[start:start + size]})
                 for start in range(0, len(filled), size)]
        return [np.concatenate(column)[:len(inputs)] for column in zip(*parts)]
