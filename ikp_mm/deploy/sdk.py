"""MMDeploy's SDK on an exported folder."""
from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from ikp_mm.inference import Detector, load_predictor
from ikp_mm.io.optional import optional

from .compare import difference
from .crops import Crops


class SDKDetector:
    """``mmdeploy_runtime.PoseDetector`` on the CPU, asked for squares.

    Convention: the SDK counts the last pixel of a box in (its width is ``right - left + 1``), so
    the square [x0, x1) of everything else here is its box ``x0, y0, x1 - 1, y1 - 1``. The wheel
    1.3.1 rounds boxes to whole pixels, samples and maps back at pixel centres of i + 0.5, MMPose
    at i, and interpolates linearly where ``AreaTopdownAffine`` averages. Only a box of whole
    pixels and of the network's own size gives MMPose's keypoints to 1e-5; docs/export.md has the
    difference for others.

    Raises:
        ImportError: no SDK.
        FileNotFoundError: a folder without ``deploy.json`` or ``pipeline.json``.
    """

    def __init__(self, folder: Path) -> None:
        for name in ('deploy.json', 'pipeline.json'):
            if not (folder / name).is_file():
                raise FileNotFoundError(f'{folder} has no {name}: tools/export.py --sdk writes it')
        runtime = optional('mmdeploy_runtime', 'the SDK is not installed: pip install '
                           'mmdeploy-runtime==1.3.1 (wheels up to Python 3.11)')
        self._detector = runtime.PoseDetector(str(folder), 'cpu', 0)

    def __call__(self, image: np.ndarray, square: np.ndarray) -> np.ndarray:
        """Keypoints (K, 3) of a square of an image (H, W, 3) uint8 BGR, in its pixels; the third
        column is the SDK's score, always 1."""
        cx, cy, side = (float(value) for value in square)
        box = [cx - side / 2, cy - side / 2, cx + side / 2 - 1, cy + side / 2 - 1]
        return self._detector(np.ascontiguousarray(image), box)[0]


def compare_sdk(folder: Path, detector: Detector, crops: Crops,
                factors: tuple[float, ...] = (1.0, 1.5, 2.0, 3.0)) -> list[str]:
    """The SDK beside our reader of the same ONNX file, on crops enlarged so many times, their box
    the whole frame: nothing but how they are shrunk to the network's input differs. A line for
    each factor, distances in percent of the side."""
    sdk, reader = SDKDetector(folder), load_predictor(folder / 'end2end.onnx')
    preprocessor = detector.model.data_preprocessor
    frames = (crops.inputs * preprocessor.std + preprocessor.mean).round().clamp(0, 255)
    if preprocessor._channel_conversion:
        frames = frames.flip(1)
    images = frames.byte().permute(0, 2, 3, 1).contiguous().numpy()
    lines = []
    for factor in factors:
        side = round(images.shape[1] * factor)
        square = np.array([side / 2, side / 2, side])
        enlarge = np.array([[factor, 0., 0.], [0., factor, 0.]])
        large = [cv2.warpAffine(image, enlarge, (side, side), borderMode=cv2.BORDER_REPLICATE)
                 for image in images]
        theirs = np.stack([sdk(image, square)[:, :2] for image in large]) / side
        ours = np.concatenate(
            [reader.predict([image], square[None]).keypoints for image in large]) / side
        gap = difference(ours, theirs, (side, side))
        line = (f'SDK, box of {side} px: {gap.percent:.4f} % of the side from our reader of the '
                f'ONNX file, a coordinate at most {100 * gap.coordinate:.4f} %')
        if crops.truth is not None:
            errors = [difference(found, crops.truth, (side, side)).percent
                      for found in (theirs, ours)]
            line += f'; error {errors[0]:.3f}, reader {errors[1]:.3f}'
        lines.append(line)
    return lines
