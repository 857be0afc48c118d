"""What a synthetic face looks like: colours, hair, beard, glasses, light, and the skin of its head.

The skin and hair of a head are painted once a clip on a sphere, in the stereographic map
(u, v) = (x, y) / (1 + z) of the unit sphere seen from the front, u and v from -2 to 2.
"""
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

TEXTURE_SIZE = 128
TEXTURE_REACH = 2.0  # u and v at the texture's border; the map covers z > -0.6

HAIR_STYLES = ('short', 'long', 'fringe', 'receding', 'bald', 'hat')
_BEARDS = ('none', 'stubble', 'moustache', 'full')
_HAIR_COLORS = np.array([  # BGR
    [22, 20, 24], [28, 38, 55], [45, 72, 105], [95, 150, 195], [150, 205, 228], [40, 80, 160],
    [130, 130, 132], [215, 215, 218]], float)
_IRIS_COLORS = np.array([[25, 45, 75], [40, 75, 110], [150, 120, 70], [95, 120, 75],
                         [130, 130, 120]], float)
_SKIN_COLORS = np.array([[50, 66, 100], [75, 104, 152], [115, 154, 205], [160, 188, 234],
                         [188, 205, 242]], float)


@dataclass(frozen=True)
class FaceLook:
    """Appearance of one subject in one light.

    Attributes:
        skin, lips, iris, brows, beard_color, clothes, collar, glasses: BGR, 0 to 255.
        hair: BGR of the hair or hat, None for a bald head.
        style: one of ``HAIR_STYLES``.
        volume: thickness of the hair relative to the skull's radii.
        beard: opacity of (cheeks and chin, moustache).
        glasses_shape: (half width, half height) of a lens in millimetres, None without glasses.
        brow_thickness: millimetres.
        head: (TEXTURE_SIZE, TEXTURE_SIZE, 3) uint8 BGR skin and hair on the map of this module.
        light: (3,) camera axes (X right, Y up, Z to the camera) towards the light, of unit length.
        ambient, diffuse: brightness of the shade and what the light adds.
        tint: (3,) BGR factor of the light's colour.
    """

    skin: np.ndarray
    lips: np.ndarray
    iris: np.ndarray
    brows: np.ndarray
    hair: np.ndarray | None
    style: str
    volume: float
    beard: tuple[float, float]
    beard_color: np.ndarray
    clothes: np.ndarray
    collar: np.ndarray
    glasses: np.ndarray
    glasses_shape: tuple[float, float] | None
    brow_thickness: float
    head: np.ndarray
    light: np.ndarray
    ambient: float
    diffuse: float
    tint: np.ndarray


def draw_look(rng: np.random.Generator) -> FaceLook:
    """Draw a look. No rule prefers a side, but a light, a parting or a mole may lie on one."""
    place = rng.uniform(0, len(_SKIN_COLORS) - 1)
    skin = _between(_SKIN_COLORS, place) * rng.uniform(0.95, 1.04, 3)
    hair = _HAIR_COLORS[rng.integers(len(_HAIR_COLORS))] * rng.uniform(0.8, 1.15, 3)
    if rng.random() < 0.08:  # dyed
        hair = rng.uniform(30, 220, 3)
    style = HAIR_STYLES[rng.choice(len(HAIR_STYLES), p=[0.3, 0.25, 0.15, 0.1, 0.08, 0.12])]
    beard_kind = _BEARDS[rng.choice(len(_BEARDS), p=[0.6, 0.15, 0.1, 0.15])]
    cover = {'none': (0.0, 0.0), 'stubble': (rng.uniform(0.15, 0.4), ) * 2,
             'moustache': (0.0, 0.85), 'full': (rng.uniform(0.65, 0.95), ) * 2}[beard_kind]
    beard_color = np.minimum(hair, 150) * 0.8
    lips = skin * (0.72, 0.66, 0.92)
    if rng.random() < 0.2:  # lipstick
        lips = np.array([rng.uniform(30, 110), rng.uniform(10, 60), rng.uniform(130, 215)])
    top = {'hat': rng.uniform(20, 230, 3), 'bald': None}.get(style, hair)  # of the head
    azimuth, height = rng.uniform(-1.1, 1.1), rng.uniform(-0.15, 0.9)
    light = np.array([np.sin(azimuth) * np.cos(height), np.sin(height),
                      np.cos(azimuth) * np.cos(height)])
    ambient = rng.uniform(0.4, 0.8)
    glasses = (rng.uniform(19, 25), rng.uniform(13, 22)) if rng.random() < 0.2 else None
    return FaceLook(
        skin=skin, lips=lips, iris=_IRIS_COLORS[rng.integers(len(_IRIS_COLORS))],
        brows=np.minimum(hair * 0.75, skin * 0.62), hair=top,
        style=style, volume=_volume(rng, style), beard=cover, beard_color=beard_color,
        clothes=rng.uniform(15, 235, 3), collar=rng.uniform(15, 235, 3),
        glasses=rng.uniform(10, 70) * rng.uniform(0.6, 1.2, 3), glasses_shape=glasses,
        brow_thickness=rng.uniform(4.5, 8.5),
        head=_paint_head(rng, skin, top, style),
        light=light, ambient=ambient, diffuse=rng.uniform(1.0, 1.25) - ambient,
        tint=rng.uniform(0.93, 1.06, 3))


def sphere_to_texture(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points of the unit sphere to (column, row) of a head's texture, float32.

    z below -0.6 lies outside the map; callers let OpenCV repeat the border there.
    """
    half = (TEXTURE_SIZE - 1) / 2
    scale = half / TEXTURE_REACH / (1 + np.maximum(z, -0.6))
    return half + x * scale, half - y * scale


def _volume(rng: np.random.Generator, style: str) -> float:
    low, high = {'short': (0.03, 0.08), 'long': (0.05, 0.12), 'fringe': (0.05, 0.12),
                 'receding': (0.02, 0.05), 'bald': (0, 0), 'hat': (0.06, 0.1)}[style]
    return rng.uniform(low, high)


def _paint_head(rng: np.random.Generator, skin: np.ndarray, hair: np.ndarray | None,
                style: str) -> np.ndarray:
    """(TEXTURE_SIZE, TEXTURE_SIZE, 3) uint8 BGR."""
    line = np.linspace(-TEXTURE_REACH, TEXTURE_REACH, TEXTURE_SIZE, dtype=np.float32)
    u, v = np.meshgrid(line, -line)
    square = u * u + v * v
    x, y, z = 2 * u / (1 + square), 2 * v / (1 + square), (1 - square) / (1 + square)
    image = (skin * (1 + rng.uniform(0.01, 0.035) * _noise(rng, 9, 9)
                     + rng.uniform(0.01, 0.03) * _noise(rng, 36, 36))[..., None]).astype(np.float32)
    redness = rng.uniform(0, 0.16)
    for centre in ((-0.5, -0.3), (0.5, -0.3), (0, -0.33)):
        spot = np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / 0.045) * (z > 0)
        image *= 1 + redness * spot[..., None] * np.array([-0.8, -0.7, 0.25], np.float32)
    for _ in range(rng.integers(0, 3) if rng.random() < 0.8 else rng.integers(15, 40)):
        _dot(image, rng)
    if hair is not None:
        cover = np.clip((y - _hairline(rng, x, z, style)) / 0.07 + 0.5, 0, 1)[..., None]
        if style == 'hat':
            strands = 1 + 0.16 * np.sin(rng.uniform(8, 40) * (y if rng.random() < 0.5 else x))
        else:
            strands = 1 + 0.22 * _noise(rng, 6, 70) + 0.12 * _noise(rng, 30, 90)
        image = image + cover * (hair.astype(np.float32) * strands[..., None] - image)
    return np.clip(image, 0, 255).astype(np.uint8)


def _hairline(rng: np.random.Generator, x: np.ndarray, z: np.ndarray, style: str) -> np.ndarray:
    """Height y on the sphere above which there is hair, over the sphere's x and z."""
    front = {'short': rng.uniform(0.5, 0.66), 'long': rng.uniform(0.45, 0.66),
             'fringe': rng.uniform(0.3, 0.38), 'receding': rng.uniform(0.74, 0.85),
             'hat': rng.uniform(0.34, 0.5), 'bald': 1.0}[style]
    # Beside the face long hair hangs down; below the chin there is none.
    hanging = -0.2 - np.clip((np.abs(x) - 0.6) / 0.2, 0, 1)
    side = {'short': -0.2, 'long': hanging, 'fringe': -0.25, 'receding': -0.1,
            'hat': front - 0.12, 'bald': 1.0}[style]
    begin = 0.12 if style != 'receding' else 0.0
    u = np.clip((z - begin) / rng.uniform(0.3, 0.42), 0, 1)
    line = side + (front - side) * u * u * (3 - 2 * u)
    if style in ('hat', 'bald'):
        return line
    parting = rng.uniform(-0.35, 0.35)
    sweep = 0.10 * np.exp(-((x - parting) / 0.2) ** 2) * (1 if rng.random() < 0.7 else -1)
    return line + (sweep + 0.04 * _noise(rng, 5, 40)) * u


def _between(table: np.ndarray, place: float) -> np.ndarray:
    """Linear interpolation in the rows of ``table``."""
    low = min(int(place), len(table) - 2)
    return table[low] + (place - low) * (table[low + 1] - table[low])


def _noise(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """(TEXTURE_SIZE, TEXTURE_SIZE) smooth noise, about -1 to 1."""
    cells = rng.uniform(-1, 1, (rows, columns)).astype(np.float32)
    return cv2.resize(cells, (TEXTURE_SIZE, TEXTURE_SIZE), interpolation=cv2.INTER_CUBIC)


def _dot(image: np.ndarray, rng: np.random.Generator) -> None:
    """A freckle or a mole on the front of the head, into ``image`` in place."""
    half = TEXTURE_SIZE / 2
    column, row = half + rng.uniform(-0.7, 0.7, 2) * half / TEXTURE_REACH
    color = image[int(row), int(column)] * rng.uniform(0.7, 0.9)
    cv2.circle(image, (int(column), int(row)), 0, color.tolist(), -1)
