#!/usr/bin/env python
"""Measure steps, renderer, loading and inference beside what they are compared to.

    tools/benchmark.py [--sections step renderer ...] [--device cuda] [--out DIR]

Nothing else should run meanwhile. `make bench` runs all of it on the CPU.
"""
import argparse
from pathlib import Path

import ikp_mm  # noqa: F401  (before torch, and mmpose modules that want compiled ops)

import torch

from ikp_mm.benchmark.report import SECTIONS, run
from ikp_mm.command_line import run_tool, tool_parser


def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    parser.add_argument('--sections', nargs='+', choices=list(SECTIONS), default=list(SECTIONS),
                        help='what to measure (default: all)')
    parser.add_argument('--device', default='cpu', help='cpu (default) or cuda')
    parser.add_argument('--threads', type=int, default=None,
                        help="PyTorch's threads (default: its own choice)")
    parser.add_argument('--out', type=Path, default=Path('work_dirs/bench'),
                        help='folder for bench.json and bench.md')
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    if args.threads is not None:
        torch.set_num_threads(args.threads)
    run(args.sections, args.device, args.out)


if __name__ == '__main__':
    run_tool(main, parse_args())
