"""Sheets of the training data: frame pairs beside priors, boxes of both, names of joints.

Boxes are (centre x, centre y, width, height), fractions of the frame.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from .keypoints import bgr, draw_keypoints
from .sheet import skeleton_to_image

BROWSE_COLUMNS = ('image', 'target', 'appearance', 'weight', 'boxes', 'scene', 'prior',
                  'prior rendered', 'painted')
# BGR; the colours of Okabe and Ito that colour-blind readers tell apart.
FIGURE_COLOR, PRIOR_COLOR = (178, 114, 0), (0, 159, 230)
CELL = 160


def draw_boxes(image: np.ndarray, boxes: Sequence[tuple[np.ndarray, tuple[int, int, int]]],
               width: int) -> np.ndarray:
    """Outline boxes, (box, BGR) each, on an (S, S, 3) uint8 BGR picture enlarged to ``width``."""
    canvas = cv2.resize(image, (width, width), interpolation=cv2.INTER_CUBIC)
    for (x, y, w, h), color in boxes:
        left, top, right, bottom = np.rint(
            np.array([x - w / 2, y - h / 2, x + w / 2, y + h / 2]) * width).astype(int).tolist()
        cv2.rectangle(canvas, (left, top), (right, bottom), color, 2)
    return canvas


def browse_row(pair: Mapping[str, np.ndarray], pose: np.ndarray, visible: np.ndarray,
               rendered: np.ndarray, skeleton, figure_box: np.ndarray | None,
               prior_box: np.ndarray, painted: np.ndarray | None = None
               ) -> dict[str, np.ndarray | None]:
    """Cells of one row of the sheet.

    Args:
        pair: 'image', 'target', 'appearance', 'scene' (S, S, 3) uint8 BGR; 'weight' (S, S) in
            [0, 1], absent when every pixel counts alike.
        pose: (K, 2) of the prior, fractions of the frame. It is not the pose of the image.
        visible: (K,) bool.
        rendered: (R, R) in [-1, 1], the pose as the renderer shows it.
        skeleton: see ``keypoints``.
        figure_box: of this image, None when it is not seen.
        prior_box: median box of the prior.
        painted: (S, S, 3) uint8 BGR, the prior pose painted as a body; None where none are.
    """
    weight = pair.get('weight')
    boxes = [] if figure_box is None else [(figure_box, FIGURE_COLOR)]
    return {
        **{key: pair[key] for key in ('image', 'target', 'appearance')},
        'weight': None if weight is None else np.rint(255 * weight).astype(np.uint8),
        'boxes': draw_boxes(pair['image'], [*boxes, (prior_box, PRIOR_COLOR)], CELL),
        'scene': pair.get('scene'),
        'prior': draw_keypoints(np.full((CELL, CELL, 3), 90, np.uint8), pose * CELL, skeleton,
                                visible),
        'prior rendered': skeleton_to_image(rendered),
        'painted': painted}


def draw_named_joints(pose: np.ndarray, visible: np.ndarray, skeleton, size: int = 640
                      ) -> np.ndarray:
    """One pose, large, each joint with its number, and the names of the numbers beside it.

    ``pose`` is (K, 2), fractions of the frame; joints not ``visible``, (K,) bool, are listed in
    brackets. Returns (size, size + width of the list, 3) uint8 BGR.
    """
    shown = pose[visible]
    low, high = shown.min(axis=0), shown.max(axis=0)
    # The pose fills the picture, wherever in the frame it lies.
    scale = 0.9 * size / max(float((high - low).max()), 1e-6)
    placed = (pose - (low + high) / 2) * scale + size / 2
    points = [(round(float(x)), round(float(y))) for x, y in np.where(visible[:, None], placed, 0)]
    canvas = np.full((size, size, 3), 90, np.uint8)
    font, line = cv2.FONT_HERSHEY_SIMPLEX, 15
    # Thinner than draw_keypoints, which would hide the numbers of 68 joints under its discs.
    for (i, j), color in zip(skeleton.edges, skeleton.link_colors):
        if visible[i] and visible[j]:
            cv2.line(canvas, points[i], points[j], bgr(color), 2, cv2.LINE_AA)
    for number in np.flatnonzero(visible):
        x, y = points[number]
        cv2.circle(canvas, (x, y), 4, bgr(skeleton.colors[number]), -1, cv2.LINE_AA)
        for color, thickness in (((20, 20, 20), 3), ((255, 255, 255), 1)):
            cv2.putText(canvas, str(number), (x + 6, y - 5), font, 0.42, color, thickness,
                        cv2.LINE_AA)
    a_column = size // line - 1
    columns = -(-len(skeleton.joints) // a_column)
    names = np.full((size, 210 * columns, 3), 255, np.uint8)
    for number, name in enumerate(skeleton.joints):
        text = f'{number} {name}' if visible[number] else f'({number} {name})'
        place = (8 + 210 * (number // a_column), line * (number % a_column + 1))
        cv2.putText(names, text, place, font, 0.4, (40, 40, 40), 1, cv2.LINE_AA)
    return np.hstack([canvas, names])
