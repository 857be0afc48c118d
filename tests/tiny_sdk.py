"""What MMDeploy's SDK does with a picture, from the pipeline.json it is given, in numpy."""
from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from ikp_mm.inference.onnx_graph import OnnxGraph


def emulated_sdk(folder: Path, image: np.ndarray, square) -> np.ndarray:
    """Keypoints (K, 2) in pixels of the image.

    As the SDK: the box's last pixel counts, it is padded, cut out by an affine map of three points,
    normalised; coordinates are fractions of the padded box.
    """
    tasks = json.loads((folder / 'pipeline.json').read_text())['pipeline']['tasks']
    steps = {step['type']: step for step in tasks[0]['transforms']}
    assert tasks[2]['component'] == 'DeepposeRegressionHeadDecode'
    cx, cy, side = square
    left, top, right, bottom = (cx - side / 2, cy - side / 2, cx + side / 2 - 1, cy + side / 2 - 1)
    size = np.array([right - left + 1, bottom - top + 1])
    centre = np.array([left, top]) + size / 2
    scale = size * steps['TopDownGetBboxCenterScale']['padding']
    width, height = steps['TopDownAffine']['image_size']
    assert size[0] * height == size[1] * width, 'boxes of the network\'s own aspect only'
    source = np.float32([centre, centre - [0, scale[1] / 2], centre + scale * [0.5, -0.5]])
    target = np.float32([[width / 2, height / 2], [width / 2, 0], [width, 0]])
    crop = cv2.warpAffine(image, cv2.getAffineTransform(source, target), (width, height),
                          flags=cv2.INTER_LINEAR)
    normalise = steps['Normalize']
    rgb = crop[..., ::-1] if normalise['to_rgb'] else crop
    inputs = (rgb.astype(np.float32) - normalise['mean']) / normalise['std']
    inputs = np.ascontiguousarray(inputs.transpose(2, 0, 1)[None].astype(np.float32))
    fractions = OnnxGraph(folder / 'end2end.onnx')(inputs)[0][0]
    return fractions * scale + centre - scale / 2
