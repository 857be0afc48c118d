"""Tiny videos for tests: a textured square that wanders over a plain ground."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

WIDTH, HEIGHT, SIDE = 96, 64, 24


def frame_with_square(x: int, y: int, ground: int = 60) -> np.ndarray:
    """A chequered square with its left upper corner at (x, y), (64, 96, 3) uint8."""
    frame = np.full((HEIGHT, WIDTH, 3), ground, np.uint8)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    frame[y:y + SIDE, x:x + SIDE] = np.where((rows // 6 + columns // 6) % 2, 230, 120)[..., None]
    return frame


def moving_square(count: int, ground: int = 60) -> list[np.ndarray]:
    """Frames in which the square walks two pixels right and one down a frame, and back."""
    steps = [min(t % 40, 40 - t % 40) for t in range(count)]
    return [frame_with_square(10 + 2 * step, 10 + step, ground) for step in steps]


def write_video(path: Path, frames: Sequence[np.ndarray]) -> Path:
    """Motion JPEG in AVI, which every build of OpenCV writes."""
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 25, (width, height))
    assert writer.isOpened(), path
    for frame in frames:
        writer.write(frame)
    writer.release()
    return path


def write_uneven_video(path: Path, frames: Sequence[np.ndarray], times: Sequence[int]) -> Path:
    """A video whose frames are shown at given times, in 25ths of a second (needs PyAV)."""
    av = pytest.importorskip('av')
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('mpeg4', rate=25)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt, stream.bit_rate = 'yuv420p', 4_000_000
        for time, image in zip(times, frames):
            frame = av.VideoFrame.from_ndarray(image, format='bgr24')
            frame.pts = time
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def truncate(path: Path, fraction: float) -> Path:
    """Cut a file off after a fraction of its bytes."""
    data = path.read_bytes()
    path.write_bytes(data[:int(len(data) * fraction)])
    return path


def write_frames(folder: Path, frames: Sequence[np.ndarray]) -> Path:
    """A folder of PNG files 0.png, 1.png, ... without leading zeros."""
    folder.mkdir(parents=True)
    for t, frame in enumerate(frames):
        cv2.imwrite(str(folder / f'{t}.png'), frame)
    return folder
