"""Faces by the Haar cascade of OpenCV (Viola and Jones, CVPR 2001; Lienhart, 2003)."""
from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from .base import FollowingCropper

CASCADE = 'haarcascade_frontalface_alt2.xml'
# From the cascade's square to the tight box of the 68 landmarks (brows to chin, ear to ear), in
# sides of the square: its centre lies lower, its longer side is shorter. Fitted on the six
# labelled faces of MMPose's samples of 300-W, 300-VW and 300W-LP that the cascade finds.
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


class FaceCropper(FollowingCropper):
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

    def candidates(self, frame: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """See ``FollowingCropper``."""
        grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
        scale = min(1.0, self.working_side / max(grey.shape))
        if scale < 1:
            grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        least = max(1, round(self.min_face * min(grey.shape)))
        detections, neighbours = self._detect(grey, least)
        x, y, width, height = (detections / scale).T
        centre_x, centre_y = x + width / 2, y + height / 2 + LANDMARKS_DOWN * height
        half = LANDMARKS_SIDE * width / 2
        return (np.stack([x, y, x + width, y + height], axis=1), neighbours,
                np.stack([centre_x - half, centre_y - half, centre_x + half, centre_y + half],
                         axis=1))
