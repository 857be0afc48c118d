"""A prediction drawn on its frame, whatever the frame's size; unsure joints are told apart."""
from __future__ import annotations

import cv2
import numpy as np

from .sheet import FARTHEST, bgr, draw_keypoints

# A frame is enlarged by whole factors until its shorter side has so many pixels.
LEAST_SIDE = 256
# Around the square, so that discs on its border are whole.
ROOM = 0.06
SQUARE_COLOR = (200, 200, 200)


def draw_prediction(frame: np.ndarray, square: np.ndarray, keypoints: np.ndarray,
                    scores: np.ndarray, skeleton, min_score: float = 0.0) -> np.ndarray:
    """Draw the joints found in a square.

    Joints below ``min_score`` are hollow and their limbs thin and without a rim. The square is
    outlined where it is not the whole frame. A frame whose keypoints are NaN is only enlarged.

    Args:
        frame: (H, W, 3) uint8 BGR.
        square: (3,) centre x, centre y, side in pixels.
        keypoints: (K, 2) pixels.
        scores: (K,).
        skeleton: see ``sheet``.

    Returns:
        (H * f, W * f, 3) uint8, f a whole number >= 1.
    """
    factor = max(1, -(-LEAST_SIDE // min(frame.shape[:2])))
    canvas = cv2.resize(frame, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC) \
        if factor > 1 else frame.copy()
    if np.isnan(keypoints).any():
        return canvas
    # cv2.resize keeps the picture's edges in place, not its pixel centres.
    points = (keypoints + 0.5) * factor - 0.5
    centre_x, centre_y, side = np.asarray(square) * factor
    height, width = canvas.shape[:2]
    if side < max(height, width):
        corners = [(round(centre_x + sign * side / 2), round(centre_y + sign * side / 2))
                   for sign in (-1, 1)]
        cv2.rectangle(canvas, *corners, SQUARE_COLOR, max(1, factor // 2))
    # Lines are as thick as the square asks for, not the frame: on its part of the frame alone.
    half = side * (0.5 + ROOM)
    left, top = (max(0, int(np.floor(c - half))) for c in (centre_x, centre_y))
    right, bottom = (min(limit, int(np.ceil(c + half)) + 1)
                     for limit, c in ((width, centre_x), (height, centre_y)))
    part = np.ascontiguousarray(canvas[top:bottom, left:right])
    if part.size:
        canvas[top:bottom, left:right] = _draw_joints(part, points - (left, top),
                                                      scores >= min_score, skeleton)
    return canvas


def _draw_joints(part: np.ndarray, points: np.ndarray, sure: np.ndarray, skeleton) -> np.ndarray:
    at = [(round(float(x)), round(float(y)))
          for x, y in np.clip(points, -FARTHEST, FARTHEST)]
    for (i, j), color in zip(skeleton.edges, skeleton.link_colors):
        if not (sure[i] and sure[j]):
            cv2.line(part, at[i], at[j], bgr(color), 1, cv2.LINE_AA)
    part = draw_keypoints(part, points, skeleton, visible=sure)
    radius = max(2, round(part.shape[1] / 60))
    for k in np.flatnonzero(~sure):
        cv2.circle(part, at[k], radius, bgr(skeleton.colors[k]), 1, cv2.LINE_AA)
    return part
