"""One way to load whatever finds keypoints."""
from __future__ import annotations

from pathlib import Path

from mmengine.config import Config

from .checkpoint_predictor import CheckpointPredictor
from .onnx_predictor import OnnxPredictor
from .predictor import Predictor


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
        ValueError: see ``checkpoints`` and ``onnx_predictor``; a configuration, another device
            than the CPU or ``scores=False`` for an ONNX file.
        ImportError: an ONNX file without onnxruntime; says how to install it.
    """
    if str(path).lower().endswith('.onnx'):
        if config is not None or device != 'cpu' or not scores:
            raise ValueError(f'{path} brings its own settings and runs on the CPU: config, '
                             'device and scores are for checkpoints')
        return OnnxPredictor(path)
    return CheckpointPredictor(path, config, device, scores)
