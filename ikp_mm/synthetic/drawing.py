"""Drawing of synthetic people: textured backgrounds, figures of tapered limbs in depth order."""
from __future__ import annotations

import cv2
import numpy as np

from .body import (FACE, HEAD, L_ELBOW, L_FOOT, L_HAND, L_HIP, L_KNEE, L_SHOULDER, L_TOE, L_WAIST,
                   L_WRIST, NECK, R_ELBOW, R_FOOT, R_HAND, R_HIP, R_KNEE, R_SHOULDER, R_TOE,
                   R_WAIST, R_WRIST, THORAX, Subject)

_SHIFT = 4  # fractional bits of OpenCV coordinates
_ONE = 1 << _SHIFT

# Parts of the figure: colour, and discs (point, radius in body heights) whose convex hull it is.
_PARTS = (
    ('upper_arm_l', ((L_SHOULDER, 0.036), (L_ELBOW, 0.028))),
    ('upper_arm_r', ((R_SHOULDER, 0.036), (R_ELBOW, 0.028))),
    ('forearm_l', ((L_ELBOW, 0.027), (L_WRIST, 0.020))),
    ('forearm_r', ((R_ELBOW, 0.027), (R_WRIST, 0.020))),
    ('skin', ((L_WRIST, 0.019), (L_HAND, 0.022))),
    ('skin', ((R_WRIST, 0.019), (R_HAND, 0.022))),
    ('thigh_l', ((L_HIP, 0.054), (L_KNEE, 0.038))),
    ('thigh_r', ((R_HIP, 0.054), (R_KNEE, 0.038))),
    ('shin_l', ((L_KNEE, 0.037), (L_FOOT, 0.025))),
    ('shin_r', ((R_KNEE, 0.037), (R_FOOT, 0.025))),
    ('shoe_l', ((L_FOOT, 0.025), (L_TOE, 0.019))),
    ('shoe_r', ((R_FOOT, 0.025), (R_TOE, 0.019))),
    ('chest', ((L_SHOULDER, 0.036), (R_SHOULDER, 0.036), (L_WAIST, 0.030), (R_WAIST, 0.030))),
    ('belly', ((L_WAIST, 0.030), (R_WAIST, 0.030), (L_HIP, 0.048), (R_HIP, 0.048))),
    ('skin', ((THORAX, 0.028), (NECK, 0.026))),
)
_HEAD_RADIUS, _FACE_RADIUS = 0.066, 0.048  # body heights
_CIRCLE = np.stack([np.cos(np.arange(16) * np.pi / 8), np.sin(np.arange(16) * np.pi / 8)], -1)


def draw_background(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw a static background: smooth noise between a few colours, stripes and random shapes.

    Args:
        rng: the only source of chance.
        size: side of the square image, pixels.

    Returns:
        (size, size, 3) uint8 BGR.
    """
    # A palette around one colour, so that backgrounds differ more between clips than within one.
    base = rng.uniform(20, 235, 3)
    palette = np.clip(base + rng.uniform(-55, 55, (5, 3)), 0, 255)
    image = np.full((size, size, 3), palette[0], np.float32)
    for cells in (3, 7, 16):
        noise = rng.uniform(-1, 1, (cells, cells, 3)).astype(np.float32)
        strength = rng.uniform(4, 60) / np.sqrt(cells)
        image += strength * cv2.resize(noise, (size, size), interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.4:
        image += _stripes(rng, size)
    image = np.clip(image, 0, 255).astype(np.uint8)
    for _ in range(rng.integers(2, 9)):
        _draw_shape(rng, image, tuple(float(c) for c in palette[rng.integers(1, len(palette))]))
    return cv2.GaussianBlur(image, (0, 0), rng.uniform(0.2, 1.2) * size / 128)


def _stripes(rng: np.random.Generator, size: int) -> np.ndarray:
    """(size, size, 1) float32 sine stripes of random direction, period and strength."""
    direction, period = rng.uniform(0, np.pi), rng.uniform(0.06, 0.3) * size
    y, x = np.mgrid[:size, :size]
    along = x * np.cos(direction) + y * np.sin(direction)
    # In float64: NumPy's float32 sine changed between versions.
    wave = np.sin(2 * np.pi * along / period + rng.uniform(0, 2 * np.pi))
    return (rng.uniform(6, 22) * wave)[..., None].astype(np.float32)


def _draw_shape(rng: np.random.Generator, image: np.ndarray, color: tuple[float, ...]) -> None:
    """Draws a filled box, ellipse or bar into ``image``."""
    size = len(image)
    centre, half = rng.uniform(0, size, 2), rng.uniform(0.04, 0.22, 2) * size
    turn, kind = rng.uniform(0, 180), rng.integers(3)
    if kind == 0:
        cv2.ellipse(image, _fixed(centre), _fixed(half), turn, 0, 360, color, -1, cv2.LINE_AA,
                    _SHIFT)
        return
    if kind == 1:  # a bar through the whole image: a door frame, a horizon
        half = np.array([2.0 * size, rng.uniform(0.01, 0.06) * size])
        turn = 90.0 * rng.integers(2) + rng.normal(0, 4)
    corners = cv2.boxPoints((tuple(centre), tuple(2 * half), float(turn)))
    _fill(image, corners, color)


def draw_figure(image: np.ndarray, points: np.ndarray, depth: np.ndarray, scale: float,
                subject: Subject) -> None:
    """Draw one person into an image, far parts first.

    Args:
        image: (S, S, 3) uint8 BGR, changed in place.
        points: (P, 2) pixels (x, y), pixel centres at integers.
        depth: (P,) larger is farther, body heights.
        scale: pixels per body height.
        subject: colours and build.
    """
    jobs = []  # (depth, hull of discs, colour)
    middle = depth.mean()
    for name, discs in _PARTS:
        index = [point for point, _ in discs]
        radii = [radius * subject.build * scale for _, radius in discs]
        jobs.append((depth[index].mean(), points[index], radii, subject.colors[name]))
    skull = 0.45 * points[NECK] + 0.55 * points[HEAD]
    skull_depth = 0.45 * depth[NECK] + 0.55 * depth[HEAD]
    jobs.append((skull_depth, skull[None], [_HEAD_RADIUS * scale], subject.colors['hair']))
    jobs.append((depth[FACE], points[FACE][None], [_FACE_RADIUS * scale], subject.colors['skin']))
    jobs.sort(key=lambda job: -job[0])
    for where, centres, radii, color in jobs:
        # Far parts lie a little in the shade, which also sets them off against near ones.
        shade = float(np.clip(1 - 0.6 * (where - middle), 0.75, 1.1))
        _draw_hull(image, centres, radii, tuple(min(255.0, c * shade) for c in color))


def _draw_hull(image: np.ndarray, centres: np.ndarray, radii: list[float],
               color: tuple[float, ...]) -> None:
    """Draws the convex hull of discs: centres (n, 2) and radii (n,) in pixels."""
    if len(radii) == 1:
        cv2.circle(image, _fixed(centres[0]), round(radii[0] * _ONE), color, -1, cv2.LINE_AA,
                   _SHIFT)
        return
    rim = centres[:, None] + np.asarray(radii)[:, None, None] * _CIRCLE  # (n, 16, 2)
    _fill(image, cv2.convexHull(rim.reshape(-1, 2).astype(np.float32)), color)


def _fill(image: np.ndarray, polygon: np.ndarray, color: tuple[float, ...]) -> None:
    corners = np.round(polygon * _ONE).astype(np.int32)
    cv2.fillConvexPoly(image, corners, color, cv2.LINE_AA, _SHIFT)


def _fixed(point: np.ndarray) -> tuple[int, int]:
    """(2,) pixels to OpenCV's fixed-point integers."""
    return round(float(point[0]) * _ONE), round(float(point[1]) * _ONE)
