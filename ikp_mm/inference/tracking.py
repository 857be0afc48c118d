"""Where the figure is in each frame of a source, by the croppers and the smoothing of
``ikp_mm.preparation``, so that a model sees squares like those it was trained on."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from ikp_mm.io.frame_sources import FrameSource
from ikp_mm.preparation import CROPPERS
from ikp_mm.preparation.croppers.base import squares_around
from ikp_mm.preparation.tracks import smooth_run, split_runs, without_outliers

BOXES = 'boxes'
# Alike in every frame of a size: nothing to smooth.
FIXED = ('centre', 'whole')
# These look at all frames before they know any.
WHOLE_SOURCE = ('boxes', 'motion')
SMOOTH = 3.0
MAX_GAP = 5
# What ``BoxesCropper.why_missing`` says of a box without area.
ZERO_SIZE_BOX = 'zero-size box'


def track_figure(source: FrameSource, crop: str, crop_options: Mapping | None = None,
                 margin: float | None = None, smooth: float = SMOOTH,
                 box_file: str | Path | None = None) -> np.ndarray:
    """Go through a source and find its figure; up to MAX_GAP frames without a box are bridged.

    Args:
        source: read once or more, from its beginning.
        crop, crop_options: key of ``CROPPERS``, and its arguments.
        margin: side of the square per longer side of the box; None takes the cropper's own.
        smooth: sigma in frames of the smoothing over time; 0 is none. Whole frames and central
            squares, which do not move, are not smoothed.
        box_file: with crop 'boxes' and only there.

    Returns:
        (T, 3) squares (cx, cy, side) of the T frames that the source gives out, NaN where nothing
        was found, zeros where the box file has a box without area.

    Raises:
        KeyError: an unknown crop.
        ValueError: bad options; ``CropError`` when this source cannot be cropped so, e.g. a box
            file without it.
        UnreadableVideoError: not one frame can be read.
    """
    margin = CROPPERS[crop].margin if margin is None else margin
    if margin <= 0 or smooth < 0:
        raise ValueError(f'tracking needs margin > 0 and smooth >= 0, got {margin}, {smooth}')
    options = dict(crop_options or {})
    if box_file is not None:
        options['boxes'] = str(box_file)
    cropper = CROPPERS[crop](**options)
    cropper.look_at_all([source])
    tracked = squares_around(cropper.boxes(source))
    if crop not in FIXED:
        cleaned = without_outliers(tracked) if smooth > 0 else tracked
        tracked = np.full_like(cleaned, np.nan)
        # A cut moves the figure, and where the square jumps a run ends anyway.
        for start, stop in split_runs(cleaned, cuts=(), max_gap=MAX_GAP):
            tracked[start:stop] = smooth_run(cleaned[start:stop], smooth)
    tracked[:, 2] *= margin
    tracked[[t for t, why in cropper.why_missing.items() if why == ZERO_SIZE_BOX]] = 0.0
    return tracked


def square_of_frame(crop: str, crop_options: Mapping | None = None, margin: float | None = None
                    ) -> Callable[[np.ndarray], np.ndarray]:
    """For sources that pass once, such as a webcam: a function from a frame to its square (3,),
    NaN where nothing was found. Nothing is smoothed; ValueError for a crop that must see all
    frames first."""
    if crop in WHOLE_SOURCE:
        raise ValueError(f"crop '{crop}' looks at a whole video before it knows a box: frames "
                         'that pass once need another crop')
    margin = CROPPERS[crop].margin if margin is None else margin
    cropper = CROPPERS[crop](**(crop_options or {}))
    return lambda frame: squares_around(cropper.boxes([frame]))[0] * (1, 1, margin)
