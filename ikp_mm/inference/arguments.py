"""Command-line pieces that tools share: what to read, where the figure is, how to run."""
from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from mmengine.config import DictAction

from ikp_mm.io.frame_sources import FrameSource
from ikp_mm.preparation import CROPPERS

from .sources import Webcam, open_sources
from .tracking import BOXES, FIXED, SMOOTH, square_of_frame, track_figure


@dataclass
class SourceArguments:
    """What ``add_source_arguments`` was given.

    ``inputs``, ``step``, ``max_frames``: see ``open_sources``; ``crop``, ``crop_options``,
    ``margin``, ``smooth``: see ``track_figure``; ``batch_size``: see ``predict_source``.
    """

    inputs: list[str]
    crop: str
    crop_options: dict = field(default_factory=dict)
    boxes: Path | None = None  # the box file
    margin: float | None = None
    smooth: float = SMOOTH
    batch_size: int = 16
    step: int = 1
    max_frames: int | None = None

    def open(self) -> list[FrameSource]:
        return open_sources(self.inputs, self.step, self.max_frames)

    def locate_figure(self, source: FrameSource
                      ) -> np.ndarray | Callable[[np.ndarray], np.ndarray]:
        """The ``squares`` of ``predict_source``: (T, 3), or a function of a frame where the frames
        are not to be gone through twice."""
        if self.crop in FIXED or isinstance(source, Webcam):
            return square_of_frame(self.crop, self.crop_options, self.margin)
        return track_figure(source, self.crop, self.crop_options, self.margin, self.smooth,
                            self.boxes)


def add_source_arguments(parser: argparse.ArgumentParser, nargs: str = '+') -> None:
    """Arguments for what is read and where the figure is; see ``from_arguments``."""
    parser.add_argument('inputs', nargs=nargs, metavar='INPUT',
                        help='images, videos, folders of them, webcam:0, synthetic:people')
    parser.add_argument('--crop', choices=sorted(CROPPERS),
                        help="where the figure is: 'whole' frame (the default), 'centre' (central "
                        "square), or found: 'face', 'motion', ...; 'boxes' is what --boxes means")
    parser.add_argument('--crop-options', nargs='+', action=DictAction, default={},
                        metavar='KEY=VALUE', help='of the crop, e.g. min_face=0.1 for faces')
    parser.add_argument('--boxes', type=Path, metavar='FILE',
                        help='box file: csv source,frame,x0,y0,x1,y1 or COCO-style json')
    parser.add_argument('--margin', type=float,
                        help="side of the square per longer side of the box (default: the crop's)")
    parser.add_argument('--smooth', type=float, default=SMOOTH,
                        help='sigma of the smoothing of boxes over time, in frames; 0 is none '
                        f'({SMOOTH:g})')
    parser.add_argument('--batch-size', type=int, default=16,
                        help='frames predicted together (16)')
    parser.add_argument('--step', type=int, default=1, help='take every STEP-th frame (1)')
    parser.add_argument('--max-frames', type=int, help='of a webcam: stop after so many')


def from_arguments(args: argparse.Namespace) -> SourceArguments:
    """Read what was parsed.

    Raises:
        ValueError: --boxes with another --crop than 'boxes', or that without a file.
    """
    crop = args.crop or (BOXES if args.boxes is not None else 'whole')
    if (crop == BOXES) != (args.boxes is not None):
        raise ValueError(f"--boxes FILE goes with --crop boxes, got --crop {crop}"
                         + ('' if args.boxes else ' without --boxes'))
    return SourceArguments(list(args.inputs), crop, dict(args.crop_options), args.boxes,
                           args.margin, args.smooth, args.batch_size, args.step, args.max_frames)
