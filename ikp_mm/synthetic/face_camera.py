"""The camera of a synthetic face: head turns, perspective, and where the face lies in the frame."""
from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .face_model import NUM_POINTS

# Heads turn about a point between neck and face, millimetres in head axes.
PIVOT = np.array([0.0, -44.0, 32.0])
EYE_DISTANCE = 90.0  # of the mean face, outer corners, millimetres
# Distance of the outer corners of the mean face's eyes, seen from the front, in frame sides.
SIZE_RANGE = (0.29, 0.36)


@dataclass(frozen=True)
class FaceCamera:
    """A perspective camera at the height of the face.

    Attributes:
        distance: from the pivot, millimetres.
        size: frame sides between the outer eye corners of the mean face.
        centre: (2,) place of the pivot in frame coordinates.
    """

    distance: float
    size: float
    centre: np.ndarray


class FaceView(NamedTuple):
    """Faces of T frames as the camera sees them.

    Attributes:
        points: (T, NUM_POINTS, 2) frame coordinates.
        pivot: (T, 2) frame coordinates of the point the head turns about.
        rotation: (T, 3, 3) head axes to camera axes (X right, Y up, Z towards the camera).
        scale: (T,) frame sides per millimetre at the pivot.
    """

    points: np.ndarray
    pivot: np.ndarray
    rotation: np.ndarray
    scale: np.ndarray


def draw_face_camera(rng: np.random.Generator) -> FaceCamera:
    """Draw a camera 0.8 to 2 m away that frames the face loosely."""
    centre = np.array([0.5, 0.54]) + rng.uniform(-0.035, 0.035, 2)
    return FaceCamera(rng.uniform(800, 2000), rng.uniform(*SIZE_RANGE), centre)


def head_rotation(yaw: np.ndarray, pitch: np.ndarray, roll: np.ndarray) -> np.ndarray:
    """R = R_z(-roll) R_y(yaw) R_x(pitch), (..., 3, 3), of angles (...) in radians.

    A positive yaw turns the face towards the right of the image, a positive pitch makes it look
    down, a positive roll tilts its top towards the right of the image.
    """
    (cy, cp, cr), (sy, sp, sr) = np.cos([yaw, pitch, roll]), np.sin([yaw, pitch, roll])
    zero, one = np.zeros_like(cy), np.ones_like(cy)

    def matrix(*entries: np.ndarray) -> np.ndarray:
        return np.stack(entries, -1).reshape(*cy.shape, 3, 3)

    return (matrix(cr, sr, zero, -sr, cr, zero, zero, zero, one)
            @ matrix(cy, zero, sy, zero, one, zero, -sy, zero, cy)
            @ matrix(one, zero, zero, zero, cp, -sp, zero, sp, cp))


def project_face(points: np.ndarray, camera: FaceCamera, rotation: np.ndarray, place: np.ndarray,
                 zoom: np.ndarray) -> FaceView:
    """Turn, project and place the faces of one clip.

    Args:
        points: (T, NUM_POINTS, 3) head axes, millimetres.
        camera: the clip's camera; its perspective follows the head.
        rotation: (T, 3, 3).
        place: (T, 2) shift of the image in frame sides.
        zoom: (T,) factor on the size.

    Raises:
        ValueError: a wrong number of points.
    """
    if points.shape[-2:] != (NUM_POINTS, 3):
        raise ValueError(f'points must be (T, {NUM_POINTS}, 3), got {points.shape}')
    turned = (points - PIVOT) @ rotation.swapaxes(-1, -2)  # (T, P, 3)
    scale = camera.size / EYE_DISTANCE * zoom
    nearer = camera.distance / (camera.distance - turned[..., 2:])
    pivot = camera.centre + place
    flat = turned[..., :2] * [1, -1] * nearer * scale[:, None, None]
    return FaceView(pivot[:, None] + flat, pivot, rotation, scale)
