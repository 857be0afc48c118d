#!/usr/bin/env python
"""Run a tool that MMPose's wheel carries: ``tools/mmpose_tool.py TOOL ARGUMENTS``.

TOOL is its path there, as ``analysis_tools/get_flops.py``. ``ikp_mm`` is imported before it: tools
that import ``mmpose.apis`` themselves do not start under mmcv-lite otherwise.
"""
import argparse
import runpy
import sys
from pathlib import Path

import ikp_mm  # noqa: F401  (before torch, and mmpose modules that want compiled ops)

import mmpose

from ikp_mm.command_line import run_tool, tool_parser

TOOLS = Path(mmpose.__file__).parent / '.mim/tools'


def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    parser.add_argument('tool', help='path below mmpose/.mim/tools')
    parser.add_argument('arguments', nargs=argparse.REMAINDER, help='what the tool takes')
    args = parser.parse_args()
    if not (TOOLS / args.tool).is_file():
        known = sorted(str(path.relative_to(TOOLS)) for path in TOOLS.rglob('*.py'))
        parser.error(f'MMPose has no tool {args.tool}; it has {", ".join(known)}')
    return args


def main(args: argparse.Namespace) -> None:
    sys.argv = [args.tool, *args.arguments]
    runpy.run_path(str(TOOLS / args.tool), run_name='__main__')


if __name__ == '__main__':
    run_tool(main, parse_args())
