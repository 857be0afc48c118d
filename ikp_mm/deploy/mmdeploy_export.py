"""Export by MMDeploy's stock ``PoseDetection`` task, in this process."""
from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config

from ikp_mm.inference import Detector
from ikp_mm.io.optional import optional

from .quiet import quiet
from .stock_config import input_size, mmdeploy_config


def require_mmdeploy() -> None:
    """Import MMDeploy; ImportError says how to install it, and what does without."""
    optional('mmdeploy', 'mmdeploy is not installed: make extras (requirements/extras*.txt), or '
             'export with --backend torch, which writes the same graph but no files for the SDK')


def export_mmdeploy(detector: Detector, path: Path, deploy_config: Config) -> None:
    """Write the detector to ``path``, whose folder exists, as MMDeploy's ``torch2onnx`` does by a
    file of ``configs/deploy``; ImportError without MMDeploy."""
    require_mmdeploy()
    from mmdeploy.apis import torch2onnx
    config = mmdeploy_config(detector)
    width, height = input_size(config)
    with tempfile.TemporaryDirectory() as folder, quiet():
        weights = Path(folder) / 'detector.pth'
        torch.save(dict(meta={}, state_dict=detector.model.state_dict()), weights)
        torch2onnx(np.zeros((height, width, 3), np.uint8), str(path.parent), path.name,
                   Config(deploy_config.to_dict()), config, str(weights), 'cpu')


def export_sdk(detector: Detector, folder: Path, deploy_config: Config, checkpoint: Path) -> None:
    """Write ``deploy.json``, ``pipeline.json`` and ``detail.json``, which names the checkpoint,
    beside ``end2end.onnx``.

    The SDK's post-processing of coordinates (``DeepposeRegressionHeadDecode``) sets every score
    to 1: a program that needs confidences must read an export with ``--scores`` itself. ImportError
    without MMDeploy.
    """
    require_mmdeploy()
    from mmdeploy.backend.sdk.export_info import export2SDK
    with quiet():
        export2SDK(Config(deploy_config.to_dict()), mmdeploy_config(detector), str(folder),
                   checkpoint.name, 'cpu')
