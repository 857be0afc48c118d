"""Measure steps, renderer and inference beside what they are compared to.

    python -m benchmarks [--sections step renderer inference] [--device cuda] [--out DIR]

Nothing else should run meanwhile. `make bench` runs all of it on the CPU.
"""
from __future__ import annotations

import argparse
import datetime
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

import ikp_mm  # noqa: F401  (before any mmpose module that wants compiled ops)
from ikp_mm.command_line import run_tool, tool_parser
from mmengine.registry import init_default_scope

from .inference import measure_inference
from .renderer import measure_renderer
from .step import measure_steps
from .timing import machine, table

# Title, and what measures on a device.
SECTIONS: dict[str, tuple[str, Callable[[str], list[dict]]]] = {
    'step': ('Training step', measure_steps),
    'renderer': ('Renderer', measure_renderer),
    'inference': ('Inference, one thread', measure_inference),
}


def run(sections: Sequence[str], device: str, out: Path) -> dict:
    """Measure, print each table as it is done, and write ``bench.json`` and ``bench.md``.

    Args:
        sections: names in :data:`SECTIONS`.
        device: ``'cpu'`` or ``'cuda'``.
        out: folder of the two files; they are replaced, and hold these sections alone.

    Returns:
        dict: ``date``, ``machine``, ``device``, and ``sections``, the rows of each.

    Raises:
        RuntimeError: a GPU was asked for and none is there.
    """
    if device != 'cpu' and not torch.cuda.is_available():
        raise RuntimeError(f'device {device!r} was asked for, but torch sees no GPU')
    init_default_scope('mmpose')
    # float32 is to mean float32; what is faster and coarser has rows of its own.
    torch.backends.cudnn.allow_tf32 = False
    result = dict(date=datetime.date.today().isoformat(), machine=machine(), device=device,
                  sections={})
    here = ', '.join(f'{key} {value}' for key, value in result['machine'].items())
    text = [f"Measured on {result['date']}, on {device}: {here}."]
    print(text[0])
    for name in sections:
        title, measure = SECTIONS[name]
        result['sections'][name] = measure(device)
        text.append(f"## {title}\n\n{table(result['sections'][name])}")
        print(f'\n{text[-1]}', flush=True)
    out.mkdir(parents=True, exist_ok=True)
    (out / 'bench.json').write_text(json.dumps(result, indent=1) + '\n')
    (out / 'bench.md').write_text('\n\n'.join(text) + '\n')
    print(f'\n{out / "bench.json"}, {out / "bench.md"}')
    return result


def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    parser.add_argument('--sections', nargs='+', choices=list(SECTIONS), default=list(SECTIONS),
                        help='what to measure (default: all)')
    parser.add_argument('--device', default='cpu', help='cpu (default) or cuda')
    parser.add_argument('--threads', type=int, help="PyTorch's threads (default: its own choice)")
    parser.add_argument('--out', type=Path, default=Path('work_dirs/bench'),
                        help='folder for bench.json and bench.md')
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    if args.threads is not None:
        torch.set_num_threads(args.threads)
    run(args.sections, args.device, args.out)


if __name__ == '__main__':
    run_tool(main, parse_args())
