"""A synthetic head in the image: where its millimetres lie there, its outline, its lit surface."""
from __future__ import annotations

import cv2
import numpy as np

from .face_camera import PIVOT
from .face_look import FaceLook, sphere_to_texture
from .face_model import L_CHEEK, R_CHEEK, SKULL

NEUTRAL = 128  # brightness that leaves a colour as it is
_FLIP = np.array([[1.0], [-1.0]])  # y up to y down
_SHIFT = 4  # fractional bits of OpenCV coordinates
_TURN = np.arange(48)[:, None] * (2 * np.pi / 48)
_CIRCLE = np.concatenate([np.cos(_TURN), np.sin(_TURN)], 1)
# Height on the unit sphere down to which hair stands off the skull.
_HAIR_ENDS = {'short': -0.25, 'long': -0.7, 'fringe': -0.35, 'receding': -0.1, 'hat': 0.25}


class Head:
    """One frame's head in pixels.

    Attributes:
        points: (NUM_POINTS, 2) pixels (x, y).
        pivot: (2,) pixels.
        rotation: (3, 3) head axes to camera axes.
        scale: pixels per millimetre at the pivot.
        radii: (3,) half axes of the skull, millimetres.
        axes: (2, 3) image offset of a millimetre along each head axis, without perspective.
    """

    def __init__(self, points: np.ndarray, pivot: np.ndarray, rotation: np.ndarray, scale: float,
                 radii: np.ndarray) -> None:
        self.points, self.pivot, self.rotation = points, pivot, rotation
        self.scale, self.radii = scale, radii
        self.axes = scale * rotation[:2] * _FLIP
        self._to_image = self.axes.T

    def near(self, origin: np.ndarray, offsets: np.ndarray | list) -> np.ndarray:
        """Image places at head-axes ``offsets`` (..., 3) millimetres from ``origin`` (..., 2)."""
        return origin + np.asarray(offsets) @ self._to_image

    def body(self, places: list[tuple[float, float]]) -> np.ndarray:
        """Image places (n, 2) of a body that moves but does not turn, given at (x, y) millimetres
        in the head axes of an upright head."""
        return self.pivot + (np.asarray(places, float) - PIVOT[:2]) * (self.scale, -self.scale)

    def pixels(self, millimetres: float) -> int:
        """A line's thickness in whole pixels, at least one."""
        return max(1, round(millimetres * self.scale))


def fixed(points: np.ndarray) -> np.ndarray:
    """(n, 2) pixels to OpenCV's fixed-point integers."""
    return (points * (1 << _SHIFT) + 0.5).astype(np.int32)


def fill(image: np.ndarray, points: np.ndarray, color: np.ndarray | float) -> None:
    """Fill a polygon (n, 2), concave or not."""
    cv2.fillPoly(image, [fixed(points)], _scalar(color), cv2.LINE_AA, _SHIFT)


def stroke(image: np.ndarray, points: np.ndarray, color: np.ndarray | float, thickness: int,
           closed: bool = False) -> None:
    """Draw a poly-line (n, 2)."""
    cv2.polylines(image, [fixed(points)], closed, _scalar(color), thickness, cv2.LINE_AA, _SHIFT)


def disc(image: np.ndarray, centre: np.ndarray, radius: float, color: np.ndarray | float) -> None:
    """Fill a circle."""
    x, y = fixed(centre)
    cv2.circle(image, (int(x), int(y)), round(radius * (1 << _SHIFT)), _scalar(color), -1,
               cv2.LINE_AA, _SHIFT)


def _scalar(color: np.ndarray | float) -> tuple[float, ...] | float:
    return tuple(color.tolist()) if isinstance(color, np.ndarray) else color


def outlines(head: Head, look: FaceLook) -> tuple[np.ndarray, np.ndarray | None]:
    """Convex outlines (n, 2) of the skin (jaw, cheeks and skull) and of the hair or hat."""
    points = head.points
    skull = _skull_outline(head, head.radii, lowest=0.0)
    skin = _hull(np.concatenate([points[:17], points[[R_CHEEK, L_CHEEK]], skull]))
    if look.hair is None:
        return skin, None
    volume = head.radii * (1 + look.volume)
    return skin, _hull(_skull_outline(head, volume, _HAIR_ENDS[look.style]))


def _hull(points: np.ndarray) -> np.ndarray:
    return cv2.convexHull(points.astype(np.float32))[:, 0]


def _skull_outline(head: Head, radii: np.ndarray, lowest: float) -> np.ndarray:
    """(n, 2) the ellipsoid's outline where the head is higher than ``lowest`` of its height.

    The outline consists of the sphere points m whose surface normal R diag(1/r) m has no part
    towards the camera: the great circle at right angles to w = diag(1/r) R^T z.
    """
    w = head.rotation[2] / radii
    w = w / np.sqrt(w @ w)
    across = 1 / np.hypot(w[0], w[2])  # heads are seen from the front: w[2] > 0
    # Two directions at right angles to w, the first of them level.
    level = np.array([w[2] * across, 0.0, -w[0] * across])
    rising = np.array([w[1] * level[2], w[2] * level[0] - w[0] * level[2], -w[1] * level[0]])
    sphere = _CIRCLE @ np.stack([level, rising])  # (48, 3)
    return head.near(head.points[SKULL], sphere[sphere[:, 1] >= lowest] * radii)


def head_surface(head: Head, look: FaceLook, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Skin and hair of the ellipsoid and the light on it, all over an image of ``size`` pixels.

    Computed at half the size. A pixel that misses the ellipsoid takes the nearest of its outline.

    Returns:
        (size / 2, size / 2, 3) uint8 BGR unlit, and (size / 2, size / 2) float32 brightness.
    """
    along = np.arange(0.5, size, 2, dtype=np.float32)  # centres of pairs of pixels
    centre = head.points[SKULL]
    x = ((along - centre[0]) / head.scale).astype(np.float32)[None]
    y = (-(along - centre[1]) / head.scale).astype(np.float32)[:, None]
    # Sphere coordinates of the camera point (x, y, z): m = a + b z.
    to_sphere = (head.rotation / head.radii).astype(np.float32).T  # (sphere, camera)
    b = to_sphere[:, 2]
    a = [row[0] * x + row[1] * y for row in to_sphere]
    ab = (b @ to_sphere[:, 0]) * x + (b @ to_sphere[:, 1]) * y
    bb = b @ b
    inside = ab * ab - bb * (a[0] * a[0] + a[1] * a[1] + a[2] * a[2] - 1)
    z = (np.sqrt(np.maximum(inside, 0)) - ab) / bb
    m = [a[i] + b[i] * z for i in range(3)]
    # 1 where the line of sight meets the ellipsoid.
    length = np.sqrt(np.maximum(1 - inside / bb, 1))
    m = [axis / length for axis in m]
    column, row = sphere_to_texture(*m)
    albedo = cv2.remap(look.head, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    # The sphere's own normal stands for the ellipsoid's.
    lamp = (head.rotation.T @ look.light).astype(np.float32)
    facing = lamp[0] * m[0] + lamp[1] * m[1] + lamp[2] * m[2]
    return albedo, look.ambient + look.diffuse * np.maximum(facing, 0)
