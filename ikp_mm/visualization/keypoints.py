"""Keypoints drawn on images.

Images are uint8, (H, W, 3) BGR as OpenCV reads them, or (H, W) grey. A skeleton is anything with
``joints``, ``edges`` (index pairs), ``colors`` (K, 3) and ``link_colors`` (E, 3), both RGB.
Lines and discs are OpenCV's; MMEngine's visualizer is not used, its ``draw_circles`` raises
TypeError with numpy >= 2.4.
"""
from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

OUTLINE = (20, 20, 20)
CROWD = 40  # more joints than this are drawn as fine lines and dots
# OpenCV's line and circle take integers with this many fractional bits.
SHIFT = 4
# Far outside any picture, but inside OpenCV's integers with the fraction.
FARTHEST = 1e5
# A frame is enlarged by whole factors until its shorter side has so many pixels.
LEAST_SIDE = 256
# Around the square, so that discs on its border are whole.
ROOM = 0.06
SQUARE_COLOR = (200, 200, 200)


def as_bgr(image: np.ndarray) -> np.ndarray:
    """A copy (H, W, 3) of an image; ValueError for what is none."""
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or (
            image.ndim == 3 and image.shape[2] != 3) or 0 in image.shape:
        raise ValueError('an image must be uint8, (H, W, 3) BGR or (H, W) grey, got '
                         f'{image.dtype} {image.shape}')
    return cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) if image.ndim == 2 else image.copy()


def resized(image: np.ndarray, scale: float) -> np.ndarray:
    """An image times ``scale``: area-averaged where it shrinks, bicubic where it grows."""
    width, height = (max(1, round(side * scale)) for side in image.shape[1::-1])
    shrinking = width < image.shape[1]
    return cv2.resize(image, (width, height),
                      interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_CUBIC)


def bgr(color: Sequence[int]) -> tuple[int, int, int]:
    """(R, G, B) as OpenCV takes it."""
    red, green, blue = (int(c) for c in color)
    return blue, green, red


def draw_keypoints(image: np.ndarray, keypoints: np.ndarray, skeleton,
                   visible: np.ndarray | None = None, width: int | None = None) -> np.ndarray:
    """Draw limbs and joints in the skeleton's colours (left and right differ).

    Args:
        image: the picture to draw on; it is not changed.
        keypoints: (K, 2) pixels of ``image``, pixel centres at integers.
        skeleton: see the top of this file.
        visible: (K,) bool; other joints and their limbs are left out. None draws all.
        width: enlarge (or shrink) the picture to this width before drawing, so that lines stay
            fine; None keeps its size.

    Returns:
        np.ndarray: uint8 (H', W', 3) BGR.

    Raises:
        ValueError: wrong shapes; a visible joint is not finite.
    """
    joints = len(skeleton.joints)
    visible = np.ones(joints, dtype=bool) if visible is None else np.asarray(visible, dtype=bool)
    if keypoints.shape != (joints, 2) or visible.shape != (joints,):
        raise ValueError(f'the skeleton has {joints} joints, got keypoints {keypoints.shape}, '
                         f'visible {visible.shape}')
    bad = [skeleton.joints[k] for k in np.flatnonzero(visible)
           if not np.isfinite(keypoints[k]).all()]
    if bad:
        raise ValueError(f'cannot draw keypoints that are not finite: {", ".join(bad)}')
    canvas = as_bgr(image)
    scale = 1.0 if width is None else width / canvas.shape[1]
    if width is not None:
        canvas = resized(canvas, scale)
    # cv2.resize keeps the picture's edges in place, not its pixel centres.
    placed = np.clip((np.where(visible[:, None], keypoints, 0) + 0.5) * scale - 0.5,
                     -FARTHEST, FARTHEST)
    points = [(round(float(x) * 2**SHIFT), round(float(y) * 2**SHIFT)) for x, y in placed]
    radius, rim, thickness = 1, 0, 1
    if joints <= CROWD:  # the 68 landmarks of a face would hide it
        thickness = max(1, round(canvas.shape[1] / 80))
        radius, rim = max(2 if canvas.shape[1] >= 96 else 1, round(canvas.shape[1] / 55)), 1
    limbs = [(points[i], points[j], bgr(color))
             for (i, j), color in zip(skeleton.edges, skeleton.link_colors)
             if visible[i] and visible[j]]
    # A dark rim first, under everything, so that bright limbs show on bright ground.
    for start, end, _ in limbs:
        cv2.line(canvas, start, end, OUTLINE, thickness + 2, cv2.LINE_AA, SHIFT)
    for start, end, color in limbs:
        cv2.line(canvas, start, end, color, thickness, cv2.LINE_AA, SHIFT)
    for k in np.flatnonzero(visible):
        for color, size in ((OUTLINE, radius + rim), (bgr(skeleton.colors[k]), radius)):
            cv2.circle(canvas, points[k], size * 2**SHIFT, color, -1, cv2.LINE_AA, SHIFT)
    return canvas


def draw_prediction(frame: np.ndarray, square: np.ndarray, keypoints: np.ndarray,
                    scores: np.ndarray, skeleton, min_score: float = 0.0) -> np.ndarray:
    """Draw the joints found in a square of a frame of any size.

    Joints below ``min_score`` are hollow and their limbs thin and without a rim. The square is
    outlined where it is not the whole frame. A frame whose keypoints are NaN is only enlarged.

    Args:
        frame: (H, W, 3) uint8 BGR.
        square: (3,) centre x, centre y, side in pixels.
        keypoints: (K, 2) pixels.
        scores: (K,).
        skeleton: see the top of this file.

    Returns:
        (H * f, W * f, 3) uint8, f a whole number >= 1.
    """
    factor = max(1, -(-LEAST_SIDE // min(frame.shape[:2])))
    canvas = resized(frame, factor)
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
