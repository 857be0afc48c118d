"""Drawing of synthetic faces: a body and ears in flat shapes, the head as a lit, painted ellipsoid.

Skin and hair of the head are looked up where each line of sight meets an ellipsoid and lit by a
lamp that stays with the camera; the outline of the face and its features follow the landmarks.
"""
from __future__ import annotations

import cv2
import numpy as np

from .face_features import draw_features, draw_glasses, draw_relief
from .face_head import NEUTRAL, Head, fill, head_surface, outlines, stroke
from .face_look import FaceLook
from .face_model import SKULL

_TURN = np.arange(20) * np.pi / 10
# Outline of an ear as offsets in head axes, millimetres, on either side.
_EARS = {side: np.stack([side * 8 * np.cos(_TURN), 29 * np.sin(_TURN),
                         -15 * np.cos(_TURN) - 5 * np.sin(_TURN)], -1) for side in (-1, 1)}


def draw_face(image: np.ndarray, head: Head, gaze: np.ndarray, look: FaceLook) -> None:
    """Draw one head and shoulders into an image.

    Args:
        image: (S, S, 3) uint8 BGR, S even, changed in place.
        head: where everything lies, in pixels of ``image`` (pixel centres at integers).
        gaze: (2,) -1 to 1: to the subject's left, and up.
        look: colours, hair and light.

    Raises:
        ValueError: an odd side.
    """
    size = len(image)
    if size % 2:
        raise ValueError(f'the image must have an even side, got {size}')
    skin, hair = outlines(head, look)
    _draw_body(image, head, hair, look)
    shown = look.style != 'long'  # long hair covers the ears
    # The ear on the side that faces the camera lies over the head, the other one behind it.
    over = {side: side * head.rotation[2, 0] > 0.1 for side in (-1, 1)}
    for side in (-1, 1):
        if shown and not over[side]:
            _draw_ear(image, head, side, look)
    _draw_head(image, head, skin, hair, gaze, look)
    for side in (-1, 1):
        if shown and over[side]:
            _draw_ear(image, head, side, look)
    if look.glasses_shape is not None:
        draw_glasses(image, head, look)


def _draw_head(image: np.ndarray, head: Head, skin: np.ndarray, hair: np.ndarray | None,
               gaze: np.ndarray, look: FaceLook) -> None:
    size = len(image)
    albedo, brightness = head_surface(head, look, size)
    relief = np.full(brightness.shape, NEUTRAL, np.uint8)
    draw_relief(relief, head, look)
    shade = brightness * relief  # NEUTRAL is full light
    shade = cv2.merge([np.minimum(shade * tint, 255).astype(np.uint8)
                       for tint in look.tint.astype(np.float32)])
    layer = cv2.resize(albedo, (size, size), interpolation=cv2.INTER_LINEAR)
    draw_features(layer, head, gaze, look)
    shade = cv2.resize(shade, (size, size), interpolation=cv2.INTER_LINEAR)
    cv2.multiply(layer, shade, layer, scale=1 / NEUTRAL)
    mask = np.zeros((size, size), np.uint8)
    fill(mask, skin, 255)
    if hair is not None:
        fill(mask, hair, 255)
    cv2.copyTo(layer, mask, image)


def _lit(color: np.ndarray, look: FaceLook, normal: tuple[float, float, float]) -> np.ndarray:
    """The colour of a flat surface with this normal (camera axes)."""
    facing = max(0.0, float(look.light @ np.asarray(normal)))
    return color * look.tint * (look.ambient + look.diffuse * facing)


def _draw_body(image: np.ndarray, head: Head, hair: np.ndarray | None, look: FaceLook) -> None:
    """Long hair behind, neck and shoulders."""
    front = (0.0, 0.0, 1.0)
    if look.style == 'long':
        ends = head.near(head.points[SKULL], [[-86, -150, -30], [86, -150, -30]])
        behind = cv2.convexHull(np.concatenate([hair, ends]).astype(np.float32))[:, 0]
        fill(image, behind, 0.62 * _lit(look.hair, look, front))
    throat = head.near(head.points[SKULL], [[-50, -60, -10], [50, -60, -10]])
    base = head.body([(56, -170), (-56, -170)])
    fill(image, np.concatenate([throat, base]), 0.62 * _lit(look.skin, look, front))
    lower = head.body([(-53, -141), (53, -141), (56, -170), (-56, -170)])
    fill(image, lower, 0.82 * _lit(look.skin, look, front))
    shoulder = [(51, -146), (95, -166), (185, -190), (230, -220), (260, -450)]
    torso = head.body([(-x, y) for x, y in reversed(shoulder)] + shoulder)
    fill(image, torso, _lit(look.clothes, look, front))
    notch = head.body([(-51, -146), (0, -200), (51, -146)])
    fill(image, notch, 0.82 * _lit(look.skin, look, front))
    stroke(image, notch, _lit(look.collar, look, front), head.pixels(7))


def _draw_ear(image: np.ndarray, head: Head, side: int, look: FaceLook) -> None:
    normal = head.rotation @ np.array([side * 0.84, 0.0, 0.55])
    root = head.near(head.points[SKULL], [side * (head.radii[0] + 3), -8.0, -8.0])
    fill(image, head.near(root, _EARS[side]), _lit(look.skin * (0.88, 0.88, 0.97), look, normal))
    inside = head.near(root, 0.55 * _EARS[side] + (0, 3, 1))
    fill(image, inside, 0.72 * _lit(look.skin, look, normal))
