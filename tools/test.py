#!/usr/bin/env python
"""Test a checkpoint: ``tools/test.py CONFIG CHECKPOINT [--show-dir DIR] [--out FILE] ...``.

The flags are MMPose's, but for --show and its like. The result is printed, and written as json
where the metric's ``out_file`` or ``--out`` says.
"""
import argparse
import os
from pathlib import Path

import ikp_mm  # noqa: F401  (before torch, and mmpose modules that want compiled ops)

import mmengine
from mmengine.config import DictAction
from mmengine.runner import Runner

from ikp_mm.command_line import run_tool, tool_parser
from ikp_mm.engine.launch import (merge_options, prepare_launch, set_result_file, set_show_dir,
                                  set_work_dir)
from ikp_mm.io.checkpoint_file import latest_checkpoint
from ikp_mm.io.config_file import read_config


def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    parser.add_argument('config', help='test config file')
    parser.add_argument('checkpoint', help='checkpoint file, or the last_checkpoint file of a '
                        'work directory')
    parser.add_argument('--work-dir', help='where the log goes')
    parser.add_argument('--out', help='file for all metrics (json, yaml or pkl)')
    parser.add_argument('--dump', help='file for the predictions (pkl)')
    parser.add_argument('--show-dir', help='where the sheet of pictures goes')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
                        help='override config entries')
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none',
                        help='job launcher')
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    cfg = read_config(args.config)
    merge_options(cfg, args.cfg_options)
    set_work_dir(cfg, args.work_dir, Path(args.config))
    prepare_launch(cfg, args.launcher)
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
    if args.show_dir is not None:
        set_show_dir(cfg, args.show_dir)
    metrics = Runner.from_cfg(cfg).test()
    if args.out is not None:
        mmengine.dump(metrics, args.out)


if __name__ == '__main__':
    run_tool(main, parse_args())
