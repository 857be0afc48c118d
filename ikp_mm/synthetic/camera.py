"""The camera of a synthetic clip, and where it puts the figure in the frame."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MARGIN = 0.04  # free border kept around the joints, in frame sides
SIZE_RANGE = (0.57, 0.85)  # standing height of the figure, in frame sides


@dataclass(frozen=True)
class Camera:
    """A perspective camera that looks at the middle of the figure.

    Attributes:
        elevation: radians, positive looks down on the figure.
        roll: radians.
        distance: from the figure, in body heights.
        size: standing height of the figure in the image, in frame sides.
        left: middle of the walk across the frame, 0 (left of the centre) to 1 (right of it).
        top: height of the figure in what the frame leaves free, 0 (top) to 1 (bottom).
    """

    elevation: float
    roll: float
    distance: float
    size: float
    left: float
    top: float


def draw_camera(rng: np.random.Generator) -> Camera:
    """Draw a camera: slightly tilted, 3 to 8 body heights away."""
    return Camera(elevation=np.radians(rng.uniform(-6, 16)), roll=np.radians(rng.uniform(-4, 4)),
                  distance=rng.uniform(3, 8), size=rng.uniform(*SIZE_RANGE),
                  left=rng.uniform(0, 1), top=rng.uniform(0, 1))


def project(points: np.ndarray, camera: Camera, height: float, place: np.ndarray, zoom: np.ndarray,
            num_joints: int) -> tuple[np.ndarray, float]:
    """Project the figure of one clip and place it in the frame.

    The camera's perspective follows the figure; its place in the frame is a shift of the image.
    Shift and size are limited so that the joints stay at least ``MARGIN`` inside the frame.

    Args:
        points: (T, P, 3) camera axes, body heights, ground at Y = 0, root at X = Z = 0.
        camera: the clip's camera.
        height: standing height of the subject in body heights.
        place: (T,) shift across the frame, in frame sides.
        zoom: (T,) factor on the figure's size.
        num_joints: the first ``num_joints`` points must stay inside the frame.

    Returns:
        (T, P, 3): x and y in frame coordinates [0, 1] (y down), and the depth in body heights
        (larger is farther); and the size, in frame sides per body height before ``zoom``.
    """
    centred = points - np.array([0.0, 0.5 * height, 0.0])
    sin, cos = np.sin(camera.elevation), np.cos(camera.elevation)
    up = centred[..., 1] * cos - centred[..., 2] * sin
    near = centred[..., 1] * sin + centred[..., 2] * cos
    scale = camera.distance / (camera.distance - near)
    right, down = centred[..., 0] * scale, -up * scale
    sin, cos = np.sin(camera.roll), np.cos(camera.roll)
    flat = np.stack([right * cos - down * sin, right * sin + down * cos], -1)  # (T, P, 2)

    flat = flat * zoom[:, None, None]
    joints = flat[:, :num_joints]
    room = 1 - 2 * MARGIN
    low, high = joints.min(1), joints.max(1)  # (T, 2) box of each frame
    tallest = high[:, 1].max() - low[:, 1].min()  # of the whole clip, the ground line staying put
    size = min(camera.size / height, room / (high - low).max(), room / tallest)
    flat, low, high = flat * size, low * size, high * size

    # One ground line for the clip, anywhere in the free height.
    free = room - size * tallest
    shift_y = MARGIN - low[:, 1].min() + camera.top * free
    # The middle of the walk keeps away from the border; each frame is then held inside.
    shift_x = np.clip(0.44 + 0.12 * camera.left + place,
                      MARGIN - low[:, 0], 1 - MARGIN - high[:, 0])
    flat[..., 0] += shift_x[:, None]
    flat[..., 1] += shift_y
    return np.concatenate([flat, -near[..., None]], -1), float(size)
