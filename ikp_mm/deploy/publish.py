"""Slim checkpoints: Phi and eta in half precision, with all that says where they come from.

Such a file is a checkpoint like any other: MMPose's ``init_model`` loads it into a stock
``TopdownPoseEstimator`` (copying into float32 parameters), ``torch.load(weights_only=True)`` reads
it. Its name ends in the first 8 hexadecimal digits of its SHA-256, as OpenMMLab's do.
"""
from __future__ import annotations

import hashlib
import io
import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from torch import Tensor

from ikp_mm.inference import build_detector, read_checkpoint
from ikp_mm.inference.checkpoints import DETECTOR_PARTS
from ikp_mm.io.atomic import atomic_file
from ikp_mm.literals import plain_config
from ikp_mm.skeletons import Skeleton
from ikp_mm.version import __version__

from .compare import difference, eager, mean_error
from .crops import test_set_crops
from .stock_config import stock_config, written_out


def slim_checkpoint(path: Path, provenance: Mapping, config: str | Path | None = None) -> dict:
    """Content of a slim checkpoint.

    Args:
        path: a training checkpoint; with an EMA hook its ``state_dict`` holds the averages.
        provenance: where the model comes from, kept as it is: ``training_command``, ``result``,
            what ``tools/report.py`` (or a test's ``--out``) wrote about it, ``code_version``, the
            commit that trained it, ``licence`` of the weights.
        config: None takes the configuration that the checkpoint holds.

    Returns:
        dict: ``state_dict`` (float16 where it was floating point) and ``meta``: ``cfg`` (text, a
        ``TopdownPoseEstimator``), ``config_data`` (the same as plain values), ``dataset_meta``,
        ``skeleton``, ``iter``, ``seed``, ``date`` of the training, ``precision``,
        ``ikp_mm_version``, ``mmengine_version`` and the provenance.

    Raises:
        ValueError: no head or no backbone in it; a weight that is not finite, or is not in half
            precision; weights that do not fit the configuration.
        FileNotFoundError: no such file.
    """
    checkpoint = read_checkpoint(path, config)
    for part in ('backbone', 'head'):
        if not any(key.startswith(f'{part}.') for key in checkpoint.state):
            parts = sorted({key.split('.')[0] for key in checkpoint.state})
            raise ValueError(f'{checkpoint.path} has no weights of the {part}, only of {parts}')
    state = {key: _half(key, value, checkpoint.path) for key, value in checkpoint.state.items()
             if key.split('.')[0] in DETECTOR_PARTS}
    detector = build_detector(checkpoint, 'cpu')  # strict: nothing missing, nothing superfluous
    stock = stock_config(detector.config, detector.skeleton)
    training = checkpoint.meta
    meta = dict(
        cfg=stock.pretty_text, config_data=plain_config(stock),
        dataset_meta=plain_meta(detector.skeleton), skeleton=written_out(detector.skeleton),
        iter=training.get('iter'), seed=training.get('seed'), date=training.get('time'),
        precision='float16', ikp_mm_version=__version__,
        mmengine_version=training.get('mmengine_version'), **provenance)
    return dict(meta=meta, state_dict=state)


def _half(key: str, value: Tensor, path: Path) -> Tensor:
    if not value.is_floating_point():
        return value.clone()
    if not torch.isfinite(value).all():
        raise ValueError(f"{path}: weight '{key}' is not finite (NaN or infinite)")
    half = value.half()
    if not torch.isfinite(half).all():
        raise ValueError(f"{path}: weight '{key}' reaches {float(value.abs().max()):.3g}, half "
                         'precision ends at 65504')
    return half


def plain_meta(skeleton: Skeleton) -> dict:
    """MMPose's parsed meta dictionary without arrays, which a safe load would refuse."""
    parsed = parse_pose_metainfo(skeleton.to_metainfo())
    return {key: value.tolist() if isinstance(value, np.ndarray) else value
            for key, value in parsed.items()}


def write_slim(content: dict, folder: Path, name: str, max_megabytes: float = 5.0) -> Path:
    """Write ``<folder>/<name>-<first 8 digits of the SHA-256>.pth``; equal content, equal file.

    Raises:
        ValueError: larger than ``max_megabytes`` (1e6 bytes).
        FileExistsError: there is a file ``<name>-*.pth``.
    """
    earlier = sorted(folder.glob(f'{name}-*.pth'))
    if earlier:
        raise FileExistsError(f'{earlier[0]} exists: remove it, or choose another --name')
    buffer = io.BytesIO()
    torch.save(content, buffer)
    data = buffer.getvalue()
    if len(data) > max_megabytes * 1e6:
        raise ValueError(f'the slim checkpoint has {len(data) / 1e6:.2f} MB, more than '
                         f'{max_megabytes:g} MB')
    path = folder / f'{name}-{hashlib.sha256(data).hexdigest()[:8]}.pth'
    with atomic_file(path) as partial:
        partial.write_bytes(data)
    return path


def check_half_precision(full: Path, slim: Path, frames: int,
                         config: str | Path | None = None) -> str:
    """How a slim checkpoint differs from the one it came from on frames of the test set, in a line;
    FileNotFoundError where its data are not on this machine."""
    detectors = [build_detector(read_checkpoint(full, config)),
                 build_detector(read_checkpoint(slim))]
    crops = test_set_crops(detectors[0], frames)
    before, after = (eager(detector, crops.inputs)[0] for detector in detectors)
    added = difference(before, after, crops.frame)
    error = '' if crops.truth is None else (
        f'; error {mean_error(before, crops):.3f} -> {mean_error(after, crops):.3f} %')
    return (f'half precision moves a coordinate by at most {added.pixels:.4f} px '
            f'({added.percent:.4f} % of the side on average){error} on {crops.origin}')


def git_commit(root: Path) -> str:
    """HEAD of a checkout (RuntimeError: none); '-dirty' when a tracked file differs from it."""
    answers = []
    for arguments in (['rev-parse', 'HEAD'], ['status', '--porcelain', '--untracked-files=no']):
        done = subprocess.run(['git', '-C', str(root), *arguments], capture_output=True, text=True,
                              check=False)
        if done.returncode:
            raise RuntimeError(f'{root} is no git checkout, so the version of the code is not '
                               f'known (give --code-version): {done.stderr.strip()}')
        answers.append(done.stdout.strip())
    return answers[0] + ('-dirty' if answers[1] else '')
