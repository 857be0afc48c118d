"""Masks of the figure that come with a dataset."""
from __future__ import annotations

from pathlib import Path
from typing import Sequence

import numpy as np

from ikp_mm.io.pictures import read_image


def read_mask(path: str | Path, frame_shape: Sequence[int]) -> np.ndarray:
    """One mask: (H, W) float32 in [0, 1], 1 on the figure.

    Args:
        path: a grey image.
        frame_shape: (H, W, ...) of its frame.

    Raises:
        UnreadableFrameError: missing or broken.
        ValueError: of another size than its frame; names the file.
    """
    mask = read_image(path)[..., 0]
    if mask.shape != tuple(frame_shape[:2]):
        raise ValueError(f'{path} is {mask.shape[1]} x {mask.shape[0]}, but its frame is '
                         f'{frame_shape[1]} x {frame_shape[0]}')
    return mask.astype(np.float32) / 255
