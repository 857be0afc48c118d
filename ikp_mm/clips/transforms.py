"""Random geometry shared by images and poses, and the smooth warp of the appearance frame.

Convention: positions are (x, y), y down. ``unit`` coordinates are [-1, 1] over the frame's side, so
one side is 2 units. One set of drawn numbers turns an image and a pose alike: p' = A p + t in unit
coordinates about the frame's centre. For images the centre is the pixel centre (S - 1) / 2, so that
a mirror and quarter turns move pixels exactly; it lies half a pixel from unit coordinate 0.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Sequence

import cv2
import numpy as np
from scipy.interpolate import RBFInterpolator


@dataclass(frozen=True)
class DrawRamp:
    """Linear ramp over the draw number: ``start`` up to draw ``begin``, ``end`` from draw ``until``
    on. Draws are counted over all ranks: draws = iterations x global batch size."""

    start: float
    end: float
    begin: int
    until: int

    def __post_init__(self) -> None:
        if not 0 <= self.begin <= self.until:
            raise ValueError(f'a ramp needs 0 <= begin <= until, got begin={self.begin}, '
                             f'until={self.until} (in draws)')

    def at(self, draw: int) -> float:
        """The value at a draw number."""
        if draw < self.begin:
            return float(self.start)
        if draw >= self.until:
            return float(self.end)
        progress = (draw - self.begin) / (self.until - self.begin)
        return float(self.start + progress * (self.end - self.start))


def read_ramp(value: float | Mapping) -> DrawRamp:
    """A constant number, or dict(start, end, begin, until), as a ramp."""
    if isinstance(value, Mapping):
        return DrawRamp(**value)
    return DrawRamp(start=float(value), end=float(value), begin=0, until=0)


@dataclass(frozen=True)
class Similarity:
    """One drawn similarity transform.

    Attributes:
        flip: mirror x first.
        angle_deg: then turn by this angle; positive turns the x axis towards the y axis, which is
            clockwise as seen on the screen.
        scale: then scale.
        shift: (x, y), then shift, in fractions of the frame's side.
    """

    flip: bool = False
    angle_deg: float = 0.0
    scale: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)

    def linear(self) -> np.ndarray:
        """The (2, 2) matrix A."""
        angle = np.deg2rad(self.angle_deg)
        cos, sin = np.cos(angle), np.sin(angle)
        mirror = np.diag([-1.0 if self.flip else 1.0, 1.0])
        return self.scale * np.array([[cos, -sin], [sin, cos]]) @ mirror

    def apply_to_unit(self, points: np.ndarray) -> np.ndarray:
        """Transform (..., 2) unit coordinates. Does not exchange left and right joints."""
        # A shift of one frame side is two units.
        return points @ self.linear().T + 2.0 * np.asarray(self.shift)

    def pixel_matrix(self, size: int) -> np.ndarray:
        """(2, 3) matrix from source to transformed pixels, for ``cv2.warpAffine``."""
        linear = self.linear()
        centre = np.full(2, (size - 1) / 2.0)
        offset = centre - linear @ centre + size * np.asarray(self.shift)
        return np.hstack([linear, offset[:, None]])

    def apply_to_image(self, image: np.ndarray) -> np.ndarray:
        """Transform an (S, S) or (S, S, C) image; what enters from outside repeats the border."""
        if self == Similarity():
            return image
        size = image.shape[0]
        return cv2.warpAffine(image, self.pixel_matrix(size), (size, size),
                              flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


class RandomSimilarity:
    """Draws a ``Similarity`` from a generator and the draw number.

    Args:
        flip: probability of a mirror, in [0, 1].
        rotate_deg: half-range of the angle: uniform in [-rotate_deg, rotate_deg]; 180 is any
            angle. A number, or a ramp ``dict(start, end, begin, until)`` over the draw number.
        scale: (low, high), uniform, positive.
        shift: half-range in each of x and y, in fractions of the frame's side.
    """

    def __init__(self, flip: float = 0.0, rotate_deg: float | Mapping = 0.0,
                 scale: Sequence[float] = (1.0, 1.0), shift: float = 0.0) -> None:
        if not 0 <= flip <= 1:
            raise ValueError(f'flip is a probability in [0, 1], got {flip}')
        if len(scale) != 2 or not 0 < scale[0] <= scale[1]:
            raise ValueError(f'scale is (low, high) with 0 < low <= high, got {scale}')
        if shift < 0:
            raise ValueError(f'shift is a half-range and not negative, got {shift}')
        self.flip, self.shift = float(flip), float(shift)
        self.rotate_deg = read_ramp(rotate_deg)
        if min(self.rotate_deg.start, self.rotate_deg.end) < 0:
            raise ValueError(f'rotate_deg is a half-range and not negative, got {rotate_deg}')
        self.scale = (float(scale[0]), float(scale[1]))

    def sample(self, rng: np.random.Generator, draw: int) -> Similarity:
        """Draw one; always takes five numbers from ``rng``, whatever the options are."""
        flip, angle, scale, shift_x, shift_y = rng.random(5)
        return Similarity(
            flip=bool(flip < self.flip),
            angle_deg=float((2 * angle - 1) * self.rotate_deg.at(draw)),
            scale=float(self.scale[0] + scale * (self.scale[1] - self.scale[0])),
            shift=(float((2 * shift_x - 1) * self.shift), float((2 * shift_y - 1) * self.shift)))


def look_up(image: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """The image (S, S) or (S, S, C) as seen from (S, S, 2) positions in pixels; what lies outside
    repeats the border."""
    return cv2.remap(image, positions, None, interpolation=cv2.INTER_LINEAR,
                     borderMode=cv2.BORDER_REPLICATE)


class RandomThinPlateWarp:
    """Smooth random warp of one image: a thin-plate spline through a jittered grid.

    A grid of (points x points) control points over the frame is displaced by independent normal
    offsets; the thin-plate spline through them (no smoothing) moves every pixel. It is worked out
    on a coarse grid and enlarged linearly: exact enough, as control points are far apart.

    Args:
        points: control points per side, at least 2.
        strength: standard deviation of the offsets in fractions of the frame's side.
    """

    def __init__(self, points: int = 4, strength: float = 0.03) -> None:
        if points < 2:
            raise ValueError(f'a thin-plate warp needs at least 2 points a side, got {points}')
        if strength <= 0:
            raise ValueError(f'strength must be positive, got {strength}; for no warp give '
                             'appearance_warp=None')
        self.strength = float(strength)
        line = np.linspace(-1.0, 1.0, int(points))
        self._control = np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)
        self._splines: dict[int, np.ndarray] = {}

    def sample_displacement(self, rng: np.random.Generator) -> np.ndarray:
        """Draw control displacements, (points^2, 2) in unit coordinates, row by row."""
        return rng.normal(0.0, 2.0 * self.strength, self._control.shape)

    def positions(self, displacement: np.ndarray, size: int) -> np.ndarray:
        """Where each pixel u of an image of this size looks, for ``look_up``: at
        u + displacement(u), (S, S, 2) float32 pixels (x, y)."""
        coarse = min(size, 17)
        field = (self._spline(coarse) @ displacement).reshape(coarse, coarse, 2)
        # Enlarge so that the outer nodes fall on the outer pixel centres.
        at = np.linspace(0, coarse - 1, size, dtype=np.float32)
        field = cv2.remap(field.astype(np.float32), *np.meshgrid(at, at),
                          interpolation=cv2.INTER_LINEAR)
        pixels = np.arange(size, dtype=np.float32)
        return np.stack(np.meshgrid(pixels, pixels), -1) + np.float32((size - 1) / 2.0) * field

    def _spline(self, coarse: int) -> np.ndarray:
        """(coarse^2, points^2): a spline is linear in what it passes through, so it is solved once
        for all draws, with a one at each control point in turn."""
        if coarse not in self._splines:
            line = np.linspace(-1.0, 1.0, coarse)
            nodes = np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)
            ones = np.eye(len(self._control))
            self._splines[coarse] = RBFInterpolator(
                self._control, ones, kernel='thin_plate_spline')(nodes)
        return self._splines[coarse]
