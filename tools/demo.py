#!/usr/bin/env python
"""Find keypoints and draw them (docs/using_a_model.md):
``tools/demo.py [MODEL INPUT [INPUT ...]] [--crop ...] [--out DIR]``.

MODEL is a checkpoint or an ONNX file of tools/export.py, INPUT an image, a video, a folder of
either, webcam:0 or synthetic:people. Without arguments the shipped model runs on synthetic people.
The exit status is 1 when a source could not be read at all.
"""
import argparse
import sys
from pathlib import Path

import ikp_mm  # noqa: F401  (before torch, and mmpose modules that want compiled ops)

from ikp_mm.command_line import run_tool, tool_parser
from ikp_mm.inference import add_source_arguments, from_arguments, load_predictor
from ikp_mm.inference.demo import DemoSettings, run_demo, shipped_model
from ikp_mm.inference.sources import SYNTHETIC

ROOT = Path(__file__).resolve().parents[1]


def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    parser.add_argument('model', nargs='?',
                        help='checkpoint (.pth) or ONNX file (the one in projects/model_zoo)')
    add_source_arguments(parser, nargs='*')
    parser.add_argument('--config', help='configuration, for a checkpoint that holds none')
    parser.add_argument('--device', default='cpu', help='of a checkpoint, e.g. cuda:0 (cpu)')
    parser.add_argument('--no-scores', action='store_true',
                        help='keypoints alone, about twice as fast (checkpoints)')
    parser.add_argument('--out', type=Path, default=Path('work_dirs/demo_out'),
                        help='a folder a source is made in it (work_dirs/demo_out)')
    parser.add_argument('--min-score', type=float, default=0.0,
                        help='joints of a lower score are drawn hollow (0)')
    parser.add_argument('--gif', action='store_true', help='write a GIF too')
    parser.add_argument('--show', action='store_true', help='show a window; q ends a webcam')
    parser.add_argument('--overwrite', action='store_true',
                        help='replace what this tool wrote before')
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    args.inputs = args.inputs or [SYNTHETIC]
    model = args.model or shipped_model(ROOT)
    sources = from_arguments(args)
    predictor = load_predictor(model, args.config, args.device, not args.no_scores)
    settings = DemoSettings(args.out, args.min_score, args.gif, args.overwrite, args.show)
    if run_demo(predictor, str(model), sources, settings):
        sys.exit(1)


if __name__ == '__main__':
    run_tool(main, parse_args())
