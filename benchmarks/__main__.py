"""Measure steps, renderer and inference beside what they are compared to.

    python -m benchmarks [--sections step renderer inference] [--device cuda]

Nothing else should run meanwhile. `make bench` runs all of it on the CPU.
"""
from __future__ import annotations

import argparse
import datetime
from pathlib import Path

import torch

import ikp_mm  # noqa: F401  (before any mmpose module that wants compiled ops)
from ikp_mm.command_line import run_tool, tool_parser

from .inference import measure_inference
from .renderer import measure_renderer
from .step import measure_steps
from .timing import machine, table

# Each takes a device. Inference is last: it leaves one thread.
SECTIONS = dict(step=measure_steps, renderer=measure_renderer, inference=measure_inference)
OUT = Path('work_dirs/bench/bench.md')


def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    parser.add_argument('--sections', nargs='+', choices=list(SECTIONS), default=list(SECTIONS),
                        help='what to measure (default: all)')
    parser.add_argument('--device', default='cpu', help='cpu (default) or cuda')
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Print each table as it is measured, and write them all to :data:`OUT`.

    Raises:
        RuntimeError: a GPU was asked for and none is there.
    """
    if args.device != 'cpu' and not torch.cuda.is_available():
        raise RuntimeError(f'device {args.device!r} was asked for, but torch sees no GPU')
    # float32 is to mean float32; what is faster and coarser has rows of its own.
    torch.backends.cudnn.allow_tf32 = False
    here = ', '.join(f'{key} {value}' for key, value in machine().items())
    text = [f'Measured on {datetime.date.today().isoformat()}, on {args.device}: {here}.']
    print(text[0])
    OUT.parent.mkdir(parents=True, exist_ok=True)
    for name, measure in SECTIONS.items():
        if name in args.sections:
            text.append(f'## {name}\n\n{table(measure(args.device))}')
            print(f'\n{text[-1]}', flush=True)
            OUT.write_text('\n\n'.join(text) + '\n', encoding='utf-8')
    print(f'\n{OUT}')


if __name__ == '__main__':
    run_tool(main, parse_args())
