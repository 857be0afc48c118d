"""Command-line pieces that tools share: what to read, where the figure is, how to run."""
from __future__ import annotations

import argparse
from pathlib import Path

from mmengine.config import DictAction

from ikp_mm.preparation import CROPPERS

from .sources import SourceArguments
from .tracking import BOXES, SMOOTH


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
