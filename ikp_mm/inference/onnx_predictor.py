"""Prediction by a file of ``tools/export.py``, with ONNX Runtime.

The file says itself how images are prepared (metadata entry ``ikp_mm``, json): ``skeleton`` with
name, joints and edges; ``input_size`` [W, H]; ``mean``, ``std`` (RGB); ``bgr_to_rgb``; ``padding``
of the box. The graph takes ``input`` (N, 3, H, W) float32 and gives fractions of the input frame
(N, K, 2) first and, where exported so, ``keypoint_scores`` (N, K).
"""
from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import numpy as np
from mmengine.registry import init_default_scope
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import MODELS

from ikp_mm.skeletons import Skeleton

from .predictor import Predictor

METADATA_KEY = 'ikp_mm'
NEEDED = ('skeleton', 'input_size', 'mean', 'std', 'bgr_to_rgb', 'padding')
SCORES = 'keypoint_scores'


def require_onnxruntime() -> ModuleType:
    """ONNX Runtime, imported when the first file is opened.

    Raises:
        ImportError: it is not installed; says how to.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise ImportError('running ONNX files needs ONNX Runtime: pip install onnxruntime'
                          ) from error
    return onnxruntime


class OnnxPredictor(Predictor):
    """An exported detector. Batches of any size: a graph of a fixed one is run repeatedly, its last
    batch filled up.

    Args:
        path: the file.

    Raises:
        FileNotFoundError: no such file.
        ValueError: no ONNX file; one that ``tools/export.py`` did not write; a graph that does not
            agree with what it says of itself.
        ImportError: no onnxruntime.
    """

    def __init__(self, path: str | Path) -> None:
        path = Path(path)
        self._session = _open(path)
        said = _metadata(path, self._session)
        skeleton = _skeleton(path, said['skeleton'])
        self._input = self._session.get_inputs()[0]
        width, height = said['input_size']
        if list(self._input.shape[1:]) != [3, height, width]:
            raise ValueError(f"{path} says that it takes images of {width} x {height}, but its "
                             f"input '{self._input.name}' is {self._input.shape}")
        outputs = [output.name for output in self._session.get_outputs()]
        self._outputs = [outputs[0], *([SCORES] if SCORES in outputs else [])]
        init_default_scope('mmpose')
        self._preprocessor = MODELS.build(dict(
            type='PoseDataPreprocessor', mean=said['mean'], std=said['std'],
            bgr_to_rgb=said['bgr_to_rgb']))
        pipeline = [dict(type='LoadImage'),
                    dict(type='GetBBoxCenterScale', padding=said['padding']),
                    dict(type='TopdownAffine', input_size=(width, height)),
                    dict(type='PackPoseInputs',
                         meta_keys=('input_size', 'input_center', 'input_scale'))]
        super().__init__(skeleton, (width, height), SCORES in outputs, pipeline,
                         parse_pose_metainfo(skeleton.to_metainfo()))

    def _run(self, batch: dict) -> tuple[np.ndarray, np.ndarray]:
        prepared = self._preprocessor(batch)
        inputs = prepared['inputs'].numpy()
        fixed = self._input.shape[0]
        size = fixed if isinstance(fixed, int) else len(inputs)
        parts = [self._batch(inputs[start:start + size], size)
                 for start in range(0, len(inputs), size)]
        fractions, scores = (np.concatenate(column) for column in zip(*parts))
        places = [sample.metainfo for sample in prepared['data_samples']]
        scales = np.stack([place['input_scale'] for place in places])[:, None]
        centres = np.stack([place['input_center'] for place in places])[:, None]
        return fractions * scales + centres - 0.5 * scales, scores

    def _batch(self, inputs: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
        count = len(inputs)
        if count < size:
            inputs = np.concatenate([inputs, np.repeat(inputs[-1:], size - count, axis=0)])
        found = self._session.run(self._outputs, {self._input.name: inputs})
        fractions = found[0][:count]
        return fractions, found[1][:count] if len(found) > 1 else np.ones(fractions.shape[:2])


def _open(path: Path):
    if not path.is_file():
        raise FileNotFoundError(f'ONNX file {path} does not exist')
    onnxruntime = require_onnxruntime()
    # ONNX Runtime has no common parent of its errors short of Exception.
    states = onnxruntime.capi.onnxruntime_pybind11_state
    try:
        return onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    except (states.InvalidProtobuf, states.InvalidGraph, states.InvalidArgument, states.Fail,
            states.NotImplemented) as error:
        raise ValueError(f'{path} cannot be opened as an ONNX model: {error}') from error


def _metadata(path: Path, session) -> dict:
    found = session.get_modelmeta().custom_metadata_map
    if METADATA_KEY not in found:
        raise ValueError(f"{path} is a foreign ONNX file: it has no metadata entry "
                         f"'{METADATA_KEY}', so its joints and how it takes images are not known. "
                         'Export a checkpoint with tools/export.py')
    said = json.loads(found[METADATA_KEY])
    missing = [key for key in NEEDED if key not in said]
    if missing:
        raise ValueError(f"{path}: its metadata entry '{METADATA_KEY}' lacks {missing}: export it "
                         'again with tools/export.py')
    return said


def _skeleton(path: Path, said: dict) -> Skeleton:
    joints = said['joints']
    edges = [tuple(joint if isinstance(joint, str) else joints[joint] for joint in edge)
             for edge in said['edges']]
    return Skeleton(said['name'], joints, edges, said.get('swaps'))
