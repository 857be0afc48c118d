#!/usr/bin/env python
"""Synthetic people as files, with the truth beside them: what to try all other tools on.

``tools/make_synthetic.py people --out DIR [--split test] [--num-clips 10] [--videos]`` writes
DIR/clips/000/0000.png, with --videos DIR/videos/000.mp4, and the true joints: DIR/truth.json
(COCO-style) and DIR/truth.npz (for LabelledFramesDataset).
"""
import argparse
import sys
from pathlib import Path

import ikp_mm  # noqa: F401  (before torch, and mmpose modules that want compiled ops)

from ikp_mm.command_line import run_tool, tool_parser
from ikp_mm.inference.synthetic_files import write_synthetic


def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    parser.add_argument('kind', choices=['people'], help='what is drawn')
    parser.add_argument('--out', type=Path, required=True, help='a folder that is not there yet')
    parser.add_argument('--split', choices=('train', 'val', 'test'), default='test',
                        help='splits share nobody (test)')
    parser.add_argument('--num-clips', type=int, default=10, help='each shows one figure (10)')
    parser.add_argument('--frames-per-clip', type=int, default=24, help='(24)')
    parser.add_argument('--size', type=int, default=64, help='side of the frames in pixels (64)')
    parser.add_argument('--seed', type=int, default=0, help='(0, as the configurations)')
    parser.add_argument('--videos', action='store_true', help='write mp4 videos too')
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    counts = write_synthetic(args.out, args.split, args.num_clips, args.frames_per_clip,
                             args.size, args.seed, args.videos,
                             lambda line: print(line, file=sys.stderr, flush=True))
    print(f"{args.out}: " + ', '.join(f'{count} {kind}' for kind, count in counts.items()))


if __name__ == '__main__':
    run_tool(main, parse_args())
