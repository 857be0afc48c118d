#!/usr/bin/env python
"""Make a slim checkpoint: ``tools/publish_model.py CHECKPOINT --name NAME --result FILE ...``.

Phi and eta in half precision with the configuration, the training command and the result of the
test inside, written as NAME-<8 digits of its SHA-256>.pth.
"""
import argparse
import json
from pathlib import Path

import ikp_mm  # noqa: F401  (before torch, and mmpose modules that want compiled ops)

from ikp_mm.command_line import run_tool, tool_parser
from ikp_mm.deploy.publish import (check_half_precision, git_commit, slim_checkpoint,
                                   write_slim)

ROOT = Path(__file__).resolve().parents[1]


def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    parser.add_argument('checkpoint', type=Path,
                        help='of a training, or the last_checkpoint file of a work directory')
    parser.add_argument('--name', required=True, help='first part of the file name')
    parser.add_argument('--train-command', required=True, help='what trained it, kept inside')
    parser.add_argument('--result', type=Path, required=True,
                        help='json of the test (tools/report.py), kept inside')
    parser.add_argument('--out', type=Path, default=ROOT / 'projects/model_zoo', help='folder')
    parser.add_argument('--config', help='default: the one that the checkpoint holds')
    parser.add_argument('--code-version', help='commit that trained it (HEAD of this checkout)')
    parser.add_argument('--licence', default='Apache-2.0', help='of the weights')
    parser.add_argument('--max-mb', type=float, default=5.0, help='largest size')
    parser.add_argument('--check', type=int, metavar='FRAMES', default=0,
                        help='measure on so many frames of the test set what half precision adds')
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    provenance = dict(
        training_command=args.train_command, result=json.loads(args.result.read_text()),
        code_version=args.code_version or git_commit(ROOT), licence=args.licence)
    content = slim_checkpoint(args.checkpoint, provenance, args.config)
    path = write_slim(content, args.out, args.name, args.max_mb)
    numbers = sum(value.numel() for value in content['state_dict'].values())
    print(f'{path}: {path.stat().st_size / 1e6:.2f} MB, {numbers:,} numbers')
    if args.check:
        print(check_half_precision(args.checkpoint, path, args.check, args.config))


if __name__ == '__main__':
    run_tool(main, parse_args())
