#!/usr/bin/env python
"""Test a checkpoint: ``tools/test.py CONFIG CHECKPOINT [--show-dir DIR] [--out FILE] ...``.

The flags are MMPose's, but for --show and its like. The result is printed, and written as json
where the metric's ``out_file`` or ``--out`` says.
"""
import argparse

import ikp_mm  # noqa: F401  (before torch, and mmpose modules that want compiled ops)

import mmengine
from mmengine.runner import Runner

from ikp_mm.command_line import run_tool, tool_parser
from ikp_mm.engine.launch import add_launch_arguments, launched_config, set_result_file
from ikp_mm.io.checkpoint_file import latest_checkpoint


def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    add_launch_arguments(parser)
    parser.add_argument('checkpoint', help='checkpoint file, or the last_checkpoint file of a '
                        'work directory')
    parser.add_argument('--out', help='file for all metrics (json, yaml or pkl)')
    parser.add_argument('--dump', help='file for the predictions (pkl)')
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    cfg = launched_config(args)
    if cfg.get('test_dataloader') is None:
        raise ValueError(f'{args.config} has no test set (test_dataloader)')
    cfg.load_from = latest_checkpoint(args.checkpoint)
    cfg.resume = False
    set_result_file(cfg)
    if args.dump is not None:
        evaluators = cfg.test_evaluator
        cfg.test_evaluator = [
            *(evaluators if isinstance(evaluators, list) else [evaluators]),
            dict(type='DumpResults', out_file_path=args.dump)]
    metrics = Runner.from_cfg(cfg).test()
    if args.out is not None:
        mmengine.dump(metrics, args.out)


if __name__ == '__main__':
    run_tool(main, parse_args())
