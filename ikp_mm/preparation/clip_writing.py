"""Clips while they are written: their frames, squares and backgrounds, and how much they move."""
from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from ikp_mm.io.crop import crop_square, outside_fraction
from ikp_mm.io.find import BACKGROUND_SUFFIX
from ikp_mm.io.frame_sources import FrameSource
from ikp_mm.io.pictures import write_image

from .cuts import thumbnail

JPEG_QUALITY = 95
MOTION_QUANTILE = 0.95  # so that a mouth alone counts


class Clip:
    """One clip.

    Args:
        folder: its images.
        frames: (L,) which frames given out by the video it takes.
        squares: (L, 3) what is cut out of each.
        found: in how many of them the figure was found.
    """

    def __init__(self, folder: Path, frames: np.ndarray, squares: np.ndarray, found: int) -> None:
        self.folder, self.frames, self.squares, self.found = folder, frames, squares, found
        self._thumbnails: list[np.ndarray] = []
        self.outside = 0.0

    def add(self, position: int, frame: np.ndarray, size: int) -> None:
        """Write one of its frames."""
        square = self.squares[position]
        image = crop_square(frame, square, size)
        self.outside = max(self.outside, outside_fraction(square, frame.shape[1], frame.shape[0]))
        self._thumbnails.append(thumbnail(image))
        self.folder.mkdir(exist_ok=True)
        write_jpeg(self.folder / f'{position:04d}.jpg', image)

    def add_background(self, scene: np.ndarray, size: int) -> None:
        """Write the empty scene of a clip whose square stands still."""
        write_jpeg(self._background, crop_square(scene, self.squares[0], size))

    @property
    def motion(self) -> float:
        """See :func:`motion_of`; after its frames are written."""
        return motion_of(self._thumbnails)

    def remove(self) -> None:
        shutil.rmtree(self.folder)
        self._background.unlink(missing_ok=True)

    def rename(self, name: str) -> None:
        background = self._background
        self.folder = self.folder.rename(self.folder.with_name(name))
        if background.exists():
            background.rename(self._background)

    @property
    def _background(self) -> Path:
        return self.folder.with_name(self.folder.name + BACKGROUND_SUFFIX)


def motion_of(thumbnails: Sequence[np.ndarray]) -> float:
    """How much a clip moves, in grey levels, by its frames' thumbnails (``cuts.thumbnail``): the
    standard deviation of each pixel over time that the most moving twentieth of them exceeds."""
    return float(np.quantile(np.std(np.stack(thumbnails), axis=0), MOTION_QUANTILE))


def write_clips(video: FrameSource, clips: Sequence[Clip], size: int) -> None:
    """The frames of all clips, in one pass."""
    places = {int(t): (clip, position) for clip in clips for position, t in enumerate(clip.frames)}
    for t, frame in enumerate(video):
        if t in places:
            clip, position = places[t]
            clip.add(position, frame, size)


def write_jpeg(path: Path, image: np.ndarray) -> None:
    write_image(path, image, cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY)
