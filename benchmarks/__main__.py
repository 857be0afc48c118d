"""Measure steps, renderer and inference beside what they are compared to.

    python -m benchmarks [--sections step renderer inference] [--device cuda] [--out DIR]

Nothing else should run meanwhile. `make bench` runs all of it on the CPU.
"""
from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

import ikp_mm  # noqa: F401  (before any mmpose module that wants compiled ops)
from mmengine.registry import init_default_scope

from .inference import measure_inference, table_inference
from .renderer import measure_renderer, table_renderer
from .step import measure_steps, table_steps

# Title, what measures on a device, what makes a table.
SECTIONS: dict[str, tuple[str, Callable, Callable]] = {
    'step': ('Training step', measure_steps, table_steps),
    'renderer': ('Renderer', measure_renderer, table_renderer),
    'inference': ('Inference', measure_inference, table_inference),
}


def machine() -> dict:
    """What the seconds depend on."""
    return dict(cpus=os.cpu_count(), threads=torch.get_num_threads(),
                architecture=platform.machine(),
                gpu=torch.cuda.get_device_name() if torch.cuda.is_available() else None,
                torch=torch.__version__, python=platform.python_version())


def run(sections: Sequence[str], device: str, out: Path,
        log: Callable[[str], None] = print) -> dict:
    """Measure, print each table as it is done, and write ``bench.json`` and ``bench.md``.

    Args:
        sections: names in :data:`SECTIONS`.
        device: ``'cpu'`` or ``'cuda'``.
        out: folder of the two files; they are replaced, and hold these sections alone.
        log: what each line goes to.

    Returns:
        dict: ``date``, ``machine``, ``device``, ``seconds`` of each section, and ``sections``.

    Raises:
        RuntimeError: a GPU was asked for and none is there.
    """
    if device != 'cpu' and not torch.cuda.is_available():
        raise RuntimeError(f'device {device!r} was asked for, but torch sees no GPU')
    init_default_scope('mmpose')
    # float32 is to mean float32; what is faster and coarser has rows of its own.
    torch.backends.cudnn.allow_tf32 = False
    result = dict(date=datetime.date.today().isoformat(), machine=machine(), device=device,
                  seconds={}, sections={})
    here = ', '.join(f'{key} {value}' for key, value in result['machine'].items())
    text = [f"Measured on {result['date']}: {here}."]
    log(text[0])
    for name in sections:
        title, measure, table = SECTIONS[name]
        begin = time.perf_counter()
        result['sections'][name] = measure(device)
        result['seconds'][name] = time.perf_counter() - begin
        text.append(f"## {title}\n\n{table(result['sections'][name])}")
        log(f"\n{text[-1]}\n\n({result['seconds'][name]:.0f} s)")
    out.mkdir(parents=True, exist_ok=True)
    (out / 'bench.json').write_text(json.dumps(result, indent=1) + '\n')
    (out / 'bench.md').write_text('\n\n'.join(text) + '\n')
    log(f'\n{out / "bench.json"}, {out / "bench.md"}; {sum(result["seconds"].values()):.0f} s')
    return result


def main() -> None:
    parser = argparse.ArgumentParser(prog='python -m benchmarks', description=__doc__,
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
