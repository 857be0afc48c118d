#!/usr/bin/env python
"""Measure steps, renderer and inference beside what they are compared to.

    tools/benchmark.py [--sections step renderer ...] [--device cuda] [--out DIR]

Nothing else should run meanwhile. `make bench` runs all of it on the CPU.
"""
import argparse
from pathlib import Path

import torch

import ikp_mm  # noqa: F401  (before any mmpose module that wants compiled ops)
from ikp_mm.benchmark.report import SECTIONS, run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--sections', nargs='+', choices=list(SECTIONS), default=list(SECTIONS),
                        help='what to measure (default: all)')
    parser.add_argument('--device', default='cpu', help='cpu (default) or cuda')
    parser.add_argument('--threads', type=int, default=None,
                        help="PyTorch's threads (default: its own choice)")
    parser.add_argument('--out', type=Path, default=Path('work_dirs/bench'),
                        help='folder for bench.json and bench.md')
    args = parser.parse_args()
    if args.threads is not None:
        torch.set_num_threads(args.threads)
    run(args.sections, args.device, args.out)


if __name__ == '__main__':
    main()
