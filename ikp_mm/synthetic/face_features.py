"""Eyes, brows, nose, lips, beard and glasses of a synthetic face, drawn on its landmarks."""
from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from .face_head import NEUTRAL, Head, disc, fill, fixed, stroke
from .face_look import FaceLook

# Upper and lower line of each: landmark indices from the image's left to its right and back.
_EYES = (([36, 37, 38, 39], [39, 40, 41, 36]), ([42, 43, 44, 45], [45, 46, 47, 42]))
_OUTER_LIPS = ([48, 49, 50, 51, 52, 53, 54], [54, 55, 56, 57, 58, 59, 48])
_INNER_LIPS = ([60, 61, 62, 63, 64], [64, 65, 66, 67, 60])
_BROWS = ([17, 18, 19, 20, 21], [26, 25, 24, 23, 22])
_BRIDGE, _NOSE_BASE = [27, 28, 29, 30], [31, 32, 33, 34, 35]
_TURN = np.arange(24) * np.pi / 12
_CIRCLE = np.stack([np.cos(_TURN), np.sin(_TURN), 0 * _TURN], -1)
# Shapes as offsets in head axes, millimetres.
_SOCKET = _CIRCLE * (20, 13, 0)
_NOSTRILS = {side: np.stack([3.6 * _CIRCLE[:, 0], 1.9 * _CIRCLE[:, 1] + 1.0,
                             -0.3 * side * _CIRCLE[:, 0]], -1) for side in (-1, 1)}
_SCLERA = np.array([225.0, 228.0, 232.0])
_LASHES, _PUPIL, _GLINT = (np.array(c, float) for c in ((28, 26, 30), (12, 12, 12), (245, ) * 3))
_MOUTH, _TEETH, _TONGUE = (
    np.array(c, float) for c in ((28, 18, 48), (205, 216, 224), (88, 82, 160)))


def curve(points: np.ndarray, steps: int = 4) -> np.ndarray:
    """Catmull-Rom curve through an open line (n, 2): ((n - 1) * steps + 1, 2)."""
    return _curve_weights(len(points), steps) @ points


@lru_cache(maxsize=None)
def _curve_weights(count: int, steps: int) -> np.ndarray:
    """((count - 1) * steps + 1, count) weights of the curve's points in the line's."""
    padded = np.zeros((count + 2, count))  # the ends continue straight on
    padded[1:-1] = np.eye(count)
    padded[0, :2], padded[-1, -2:] = (2, -1), (-1, 2)
    rows = []
    for i in range(count - 1):
        before, start, end, after = padded[i:i + 4]
        for u in np.arange(steps) / steps:
            square = 2 * before - 5 * start + 4 * end - after
            cube = 3 * (start - end) + after - before
            rows.append(start + 0.5 * u * (end - before + u * (square + u * cube)))
    return np.stack([*rows, padded[-2]])


def ring(points: np.ndarray, lines: tuple[list[int], list[int]]) -> np.ndarray:
    """Closed outline (n, 2) of an upper and a lower line with sharp corners."""
    return np.concatenate([curve(points[lines[0]])[:-1], curve(points[lines[1]])[:-1]])


def draw_relief(relief: np.ndarray, head: Head, look: FaceLook) -> None:
    """Draw how the parts of the face shade themselves.

    Args:
        relief: (S / 2, S / 2) uint8, ``NEUTRAL`` everywhere; changed in place.
        head, look: in pixels of the full image.
    """
    small = Head((head.points - 0.5) / 2, head.pivot / 2, head.rotation, head.scale / 2, head.radii)
    points, pixels = small.points, small.pixels
    lamp = small.rotation.T @ look.light
    for side, eye, inner, wing, corner, brow in ((-1, _EYES[0], 39, 31, 48, 19),
                                                 (1, _EYES[1], 42, 35, 54, 24)):
        socket = 0.6 * points[eye[0] + eye[1][1:3]].mean(0) + 0.4 * points[brow]
        fill(relief, small.near(socket, _SOCKET), NEUTRAL - 16)
        # The flank of the nose looks sideways, down and a little forward.
        flank = np.concatenate([points[_BRIDGE], points[[wing]], small.near(
            points[27], [[side * 11.0, -6.0, -12.0]])])
        lit = np.clip(look.diffuse * (0.8 * side * lamp[0] - 0.3), -0.35, 0.15)
        fill(relief, flank, NEUTRAL * (1 + lit))
        fold = small.near(points[[wing, corner]], [[side * 5, 3, -6], [side * 7, 3, -4]])
        stroke(relief, fold, NEUTRAL - 26, pixels(2.5))
        stroke(relief, small.near(points[wing], [[0, 0, 0], [side * 3, 4, -3], [side * 1, 10, -5]]),
               NEUTRAL - 42, pixels(2.0))
    stroke(relief, points[_BRIDGE[1:]], NEUTRAL + 26, pixels(4.5))
    base = points[_NOSE_BASE]
    fill(relief, np.concatenate([base, small.near(base, [0, -4.0, 0])[::-1]]), NEUTRAL - 40)
    under = points[[58, 57, 56]]
    stroke(relief, small.near(under, [0, -6.5, -2]), NEUTRAL - 30, pixels(4.0))
    stroke(relief, points[4:13], NEUTRAL - 26, pixels(4.0))
    cv2.GaussianBlur(relief, (0, 0), max(0.4, 1.8 * small.scale), dst=relief)
    for eye in _EYES:  # sharp: the fold of the upper lid and the rim of the lower one
        stroke(relief, small.near(curve(points[eye[0]]), [0, 4.5, 0]), NEUTRAL - 44, 1)
        stroke(relief, small.near(curve(points[eye[1]]), [0, -2.5, 0]), NEUTRAL - 22, 1)


def draw_features(layer: np.ndarray, head: Head, gaze: np.ndarray, look: FaceLook) -> None:
    """Draw beard, lips, nostrils, eyes and brows, unlit, into ``layer`` (S, S, 3) in place."""
    if max(look.beard) > 0:
        _draw_beard(layer, head, look)
    _draw_mouth(layer, head, look)
    _draw_nostrils(layer, head, look)
    for eye in _EYES:
        _draw_eye(layer, head, eye, gaze, look)
    for brow in _BROWS:
        _draw_brow(layer, head, brow, look)


def _draw_mouth(layer: np.ndarray, head: Head, look: FaceLook) -> None:
    points = head.points
    fill(layer, ring(points, _OUTER_LIPS), look.lips)
    lower = np.concatenate([points[[54, 55, 56, 57, 58, 59, 48]], points[[60, 67, 66, 65, 64]]])
    fill(layer, lower, look.lips * 1.12)
    inner = ring(points, _INNER_LIPS)
    fill(layer, inner, _MOUTH)
    upper, below = curve(points[_INNER_LIPS[0]]), curve(points[_INNER_LIPS[1]])[::-1]
    gap = below - upper  # (n, 2) across the mouth
    opening = np.abs(gap).max() / head.scale
    if opening > 3:  # millimetres
        show = np.minimum(0.6, 8.0 / opening)
        fill(layer, np.concatenate([upper, (upper + show * gap)[::-1]]), _TEETH)
    if opening > 9:
        fill(layer, np.concatenate([below, (below - 0.3 * gap)[::-1]]), _TONGUE)
    stroke(layer, inner, _MOUTH, head.pixels(0.7), closed=True)


def _draw_nostrils(layer: np.ndarray, head: Head, look: FaceLook) -> None:
    for side, wing in ((-1, 31), (1, 35)):
        middle = 0.5 * (head.points[wing] + head.points[33])
        fill(layer, head.near(middle, _NOSTRILS[side]), look.skin * 0.3)


def _draw_eye(layer: np.ndarray, head: Head, eye: tuple[list[int], list[int]], gaze: np.ndarray,
              look: FaceLook) -> None:
    points = head.points
    outline = ring(points, eye)
    low = np.maximum(np.floor(outline.min(0)).astype(int) - 1, 0)
    high = np.minimum(np.ceil(outline.max(0)).astype(int) + 2, layer.shape[1::-1])
    if (high > low).all():
        inside = layer[low[1]:high[1], low[0]:high[0]]
        patch = np.empty_like(inside)
        patch[:] = _SCLERA
        corners = 0.5 * (points[eye[0][0]] + points[eye[0][-1]])
        iris = head.near(corners, [6.0 * gaze[0], 0.4 + 2.5 * gaze[1], 4.0]) - low
        disc(patch, iris, 6.0 * head.scale, look.iris * 0.7)
        disc(patch, iris, 4.8 * head.scale, look.iris)
        disc(patch, iris, 2.6 * head.scale, _PUPIL)
        lamp = np.array([1.8 * look.light[0], -1.8 * look.light[1] - 0.6]) * head.scale
        disc(patch, iris + lamp, 1.1 * head.scale, _GLINT)
        mask = np.zeros(inside.shape[:2], np.uint8)
        cv2.fillPoly(mask, [fixed(outline - low)], 255, cv2.LINE_8, 4)
        cv2.copyTo(patch, mask, inside)
    stroke(layer, curve(points[eye[1]]), 0.55 * look.skin, head.pixels(0.7))
    stroke(layer, curve(points[eye[0]]), _LASHES, head.pixels(1.5))


def _draw_brow(layer: np.ndarray, head: Head, brow: list[int], look: FaceLook) -> None:
    """A band along the brow, thin at the temple."""
    line = curve(head.points[brow], 3)
    thickness = look.brow_thickness * np.interp(np.linspace(0, 1, len(line)), [0, 0.35, 0.8, 1],
                                                [0.25, 0.8, 1.0, 0.7])
    up = np.zeros((len(line), 3))
    up[:, 1] = thickness / 2
    fill(layer, np.concatenate([head.near(line, up), head.near(line, -up)[::-1]]), look.brows)


def _draw_beard(layer: np.ndarray, head: Head, look: FaceLook) -> None:
    """Blend the beard's colour below a line from ear to ear and over the upper lip."""
    points = head.points
    chin, moustache = look.beard
    mask = np.zeros(layer.shape[:2], np.uint8)
    if chin > 0:
        down = head.near(points[8], [0, -90.0, 0]) - points[8]
        # Beyond the ears, so that the far side is covered up to the outline.
        out = head.axes[:, 0] * 40
        line = np.stack([points[2] - out, head.near(points[48], [-17, 4, -14]),
                         head.near(points[48], [-6, -2, -2]), points[57],
                         head.near(points[54], [6, -2, -2]),
                         head.near(points[54], [17, 4, -14]), points[14] + out])
        fill(mask, np.concatenate([line, [points[14] + out + down, points[2] - out + down]]),
             255 * chin)
    if moustache > 0:
        upper = head.near(points[[48, 31, 33, 35, 54]], [[-5, -4, -2], [-1, -5, 0], [0, -3, 0],
                                                        [1, -5, 0], [5, -4, -2]])
        fill(mask, np.concatenate([upper, points[[54, 53, 52, 51, 50, 49, 48]]]), 255 * moustache)
    low, high = np.flatnonzero(mask.any(1))[[0, -1]] if mask.any() else (0, -1)
    part = slice(max(0, low - 8), high + 9)
    weight = cv2.GaussianBlur(mask[part], (0, 0), max(0.5, 1.5 * head.scale))
    weight = weight[..., None].astype(np.float32) / 255
    layer[part] = layer[part] + weight * (look.beard_color.astype(np.float32) - layer[part])


def draw_glasses(image: np.ndarray, head: Head, look: FaceLook) -> None:
    """Draw rims, bridge and the near end of the temples into ``image`` in place."""
    points, pixels = head.points, head.pixels(2.2)
    half_width, half_height = look.glasses_shape
    edges = []
    for side, outer, inner in ((-1, 36, 39), (1, 45, 42)):
        middle = head.near(0.5 * (points[outer] + points[inner]), [side * 1.0, -2.0, 12.0])
        # A little squarer than an ellipse.
        x, y = (np.sign(c) * np.abs(c) ** 0.75 for c in _CIRCLE[:, :2].T)
        lens = np.stack([half_width * x, half_height * y, -side * 0.15 * half_width * x], -1)
        rim = head.near(middle, lens)
        stroke(image, rim, look.glasses, pixels, closed=True)
        edges.append(head.near(middle, [[-side * half_width, 2, 2], [side * half_width, 3, -3],
                                        [side * (half_width + 14), 3, -60]]))
    for inner, outer, temple in edges:
        if (temple - outer) @ (outer - inner) > 0:  # hidden behind the lens on the far side
            stroke(image, np.stack([outer, temple]), look.glasses, pixels)
    stroke(image, np.stack([edges[0][0], edges[1][0]]), look.glasses, pixels)
