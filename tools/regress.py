#!/usr/bin/env python
"""Regress labels from a checkpoint's points: ``tools/regress.py CONFIG CHECKPOINT [options]``.

Fits a linear map on n labelled images (config key ``regression_dataloader``) and scores it on the
test set, in the unit of the test's KeypointDistanceMetric. Any top-down checkpoint will do:
KeypointGAN, IMM, Zhang2018, a supervised network.
"""
import argparse

import ikp_mm  # noqa: F401  (before torch, and mmpose modules that want compiled ops)

import mmengine
from mmengine.config import DictAction

from ikp_mm.command_line import run_tool, tool_parser
from ikp_mm.engine.launch import merge_options
from ikp_mm.engine.regression import format_regression, labelled_counts, regress_checkpoint
from ikp_mm.io.checkpoint_file import latest_checkpoint
from ikp_mm.io.config_file import read_config


def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    parser.add_argument('config', help='config file of the checkpoint')
    parser.add_argument('checkpoint', help='checkpoint file, or the last_checkpoint file of a '
                        'work directory')
    parser.add_argument('--labelled', nargs='+', default=['50', '500'], metavar='N',
                        help="numbers of labelled images; 'all' takes every one (default: 50 500)")
    parser.add_argument('--ridge', type=float, default=0.0,
                        help='weight of the squared norm of the map; 0: plain least squares')
    parser.add_argument('--out', help='json file for the result')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
                        help='override config entries')
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    cfg = read_config(args.config)
    merge_options(cfg, args.cfg_options)
    result = regress_checkpoint(cfg, latest_checkpoint(args.checkpoint),
                                labelled_counts(args.labelled), args.ridge)
    result['config'] = args.config
    print(format_regression(result))
    if args.out is not None:
        mmengine.dump(result, args.out, indent=2)


if __name__ == '__main__':
    run_tool(main, parse_args())
