#!/usr/bin/env python
"""Sum up a run: ``tools/report.py WORK_DIR`` after tools/train.py and tools/test.py --out."""
import argparse
from pathlib import Path

import ikp_mm  # noqa: F401  (before torch, and mmpose modules that want compiled ops)

from ikp_mm.command_line import run_tool, tool_parser
from ikp_mm.evaluation.run_report import write_report
from ikp_mm.io.checkpoint_file import latest_checkpoint


def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    parser.add_argument('work_dir', type=Path)
    parser.add_argument('--metrics', type=Path, help='default: WORK_DIR/metrics.json')
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    work_dir = args.work_dir
    print('\n'.join(write_report(work_dir, args.metrics or work_dir / 'metrics.json')))
    print(f'\nnumbers   {work_dir}/result.json\npictures  {work_dir}/sheet.png\n'
          f'curves    {work_dir}/curves.png\nweights   '
          f'{latest_checkpoint(work_dir / "last_checkpoint")}')
    print('next: your own clips and poses: edit the three lines at the top of '
          'configs/ikp_frames.py,\n      then tools/train.py configs/ikp_frames.py '
          '(docs/your_videos.md)')


if __name__ == '__main__':
    run_tool(main, parse_args())
