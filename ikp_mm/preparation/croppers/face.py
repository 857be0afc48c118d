"""Faces by the Haar cascade that comes with OpenCV (Viola and Jones, CVPR 2001; Lienhart, 2003)."""
from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from ikp_mm.io.frame_sources import FrameSource

from .base import Cropper
from .following import followed_or_surest

CASCADE = 'haarcascade_frontalface_alt2.xml'
# From the cascade's square to the tight box of the 68 landmarks (brows to chin, ear to ear), in
# sides of the square: its centre lies lower, its longer side is shorter. Fitted on the six labelled
# faces of MMPose's samples of 300-W, 300-VW and 300W-LP that the cascade finds (docs/your_videos.md).
LANDMARKS_DOWN = 0.15
LANDMARKS_SIDE = 0.92


def cascade_detector(min_neighbours: int):
    """``(grey image, least side) -> ((M, 4) x, y, width, height, (M,) neighbours)``."""
    path = Path(cv2.data.haarcascades) / CASCADE
    cascade = cv2.CascadeClassifier(str(path))
    if cascade.empty():
        raise FileNotFoundError(f'{path} is missing: it comes with the opencv-python package')

    def detect(grey: np.ndarray, least: int) -> tuple[np.ndarray, np.ndarray]:
        found, neighbours = cascade.detectMultiScale2(
            grey, scaleFactor=1.05, minNeighbors=min_neighbours, minSize=(least, least))
        return np.reshape(found, (-1, 4)).astype(np.float64), np.ravel(neighbours)
    return detect


def landmark_box(detection: np.ndarray) -> np.ndarray:
    """The cascade's (x, y, width, height) -> box of the 68 landmarks' longer side, (4,)."""
    x, y, width, height = detection
    centre_x, centre_y = x + width / 2, y + height / 2 + LANDMARKS_DOWN * height
    half = LANDMARKS_SIDE * width / 2
    return np.array([centre_x - half, centre_y - half, centre_x + half, centre_y + half])


class FaceCropper(Cropper):
    """One near-frontal face a frame: the one that was followed so far, else the surest.

    Boxes are those of the 68 landmarks, so that clips cut with margin m fit a prior whose landmark
    boxes fill 1 / m of the frame. Faces turned away are not found; short losses are bridged later.

    Args:
        min_face: least side of a face as a fraction of the frame's shorter side.
        min_neighbours: how many windows must agree on a face.
        working_side: longer side to which frames are shrunk before looking; time grows with its
            square.
    """

    margin = 1.3

    def __init__(self, min_face: float = 0.15, min_neighbours: int = 5, working_side: int = 240
                 ) -> None:
        super().__init__()
        if not 0 < min_face <= 1 or min_neighbours < 1 or working_side < 40:
            raise ValueError('the face crop needs 0 < min_face <= 1, min_neighbours >= 1 and '
                             f'working_side >= 40, got {min_face}, {min_neighbours}, '
                             f'{working_side}')
        self.min_face, self.working_side = float(min_face), int(working_side)
        self._detect = cascade_detector(int(min_neighbours))

    def boxes(self, video: FrameSource) -> np.ndarray:
        """(T, 4); NaN in frames without a face."""
        found, followed = [], None
        for frame in video:
            detection = self._one(frame, followed)
            if detection is None:
                found.append(np.full(4, np.nan))
            else:
                followed = detection
                found.append(landmark_box(detection))
        return np.array(found, np.float64).reshape(-1, 4)

    def _one(self, frame: np.ndarray, followed: np.ndarray | None) -> np.ndarray | None:
        """(x, y, width, height) in pixels of the frame, or None."""
        grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
        scale = min(1.0, self.working_side / max(grey.shape))
        if scale < 1:
            grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        least = max(1, round(self.min_face * min(grey.shape)))
        detections, neighbours = self._detect(grey, least)
        if not len(detections):
            return None
        detections = detections / scale
        last = None if followed is None else _corners(followed)
        return detections[followed_or_surest(_corners(detections), neighbours, last)]


def _corners(detections: np.ndarray) -> np.ndarray:
    """(..., 4) x, y, width, height -> x0, y0, x1, y1."""
    return np.concatenate([detections[..., :2], detections[..., :2] + detections[..., 2:]], axis=-1)
