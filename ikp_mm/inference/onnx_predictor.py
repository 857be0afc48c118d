"""Prediction by a file of ``tools/export.py``, with ONNX Runtime.

The file says itself how images are prepared (metadata entry ``ikp_mm``, json): ``skeleton``, a
dictionary that ``get_skeleton`` reads; ``input_size`` [W, H]; ``mean``, ``std`` (RGB);
``bgr_to_rgb``; ``padding`` of the box. The graph takes ``input`` (N, 3, H, W) float32 and gives
fractions of the input frame (N, K, 2) first and, where exported so, ``keypoint_scores`` (N, K).
"""
from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from mmengine.registry import init_default_scope
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import MODELS

from ikp_mm.datasets.area_topdown_affine import AREA
from ikp_mm.skeletons import get_skeleton

from .onnx_graph import METADATA_KEY, SCORES, OnnxGraph
from .predictor import Predictor, to_pixels

NEEDED = ('skeleton', 'input_size', 'mean', 'std', 'bgr_to_rgb', 'padding')


class OnnxPredictor(Predictor):
    """An exported detector in a file.

    Raises:
        FileNotFoundError: no such file.
        ValueError: no ONNX file; one that ``tools/export.py`` did not write; a graph that does not
            agree with what it says of itself.
        ImportError: no onnxruntime.
    """

    def __init__(self, path: str | Path) -> None:
        self._graph = OnnxGraph(Path(path))
        description = _description(path, self._graph)
        skeleton = get_skeleton(description['skeleton'])
        width, height = description['input_size']
        taken = self._graph.input
        if list(taken.shape[1:]) != [3, height, width]:
            raise ValueError(f"{path} says that it takes images of {width} x {height}, but its "
                             f"input '{taken.name}' is {taken.shape}")
        init_default_scope('mmpose')
        self._preprocessor = MODELS.build(dict(
            type='PoseDataPreprocessor', mean=description['mean'], std=description['std'],
            bgr_to_rgb=description['bgr_to_rgb']))
        pipeline = [dict(type='LoadImage'),
                    dict(type='GetBBoxCenterScale', padding=description['padding']),
                    dict(type=AREA, input_size=(width, height)),
                    dict(type='PackPoseInputs',
                         meta_keys=('input_size', 'input_center', 'input_scale'))]
        super().__init__(skeleton, SCORES in self._graph.output_names, pipeline,
                         parse_pose_metainfo(skeleton.to_metainfo()))

    def _run(self, batch: dict) -> tuple[np.ndarray, np.ndarray]:
        prepared = self._preprocessor(batch)
        found = self._graph(prepared['inputs'].numpy())
        scores = (found[self._graph.output_names.index(SCORES)] if self.has_scores
                  else np.ones(found[0].shape[:2]))
        return to_pixels(found[0], prepared['data_samples']), scores


def _description(path: str | Path, graph: OnnxGraph) -> dict:
    if METADATA_KEY not in graph.metadata:
        raise ValueError(f"{path} is a foreign ONNX file: it has no metadata entry "
                         f"'{METADATA_KEY}', so its joints and how it takes images are not known. "
                         'Export a checkpoint with tools/export.py')
    description = json.loads(graph.metadata[METADATA_KEY])
    missing = [key for key in NEEDED if key not in description]
    if missing:
        raise ValueError(f"{path}: its metadata entry '{METADATA_KEY}' lacks {missing}: export it "
                         'again with tools/export.py')
    return description
