#!/usr/bin/env python
"""Train from a config: ``tools/train.py CONFIG [--work-dir DIR] [--resume [CKPT]] ...``.

The flags are MMPose's; pictures are drawn as sheets, so --show, --interval and --wait-time are not
among them.
"""
import argparse
from contextlib import nullcontext
from pathlib import Path

import ikp_mm  # noqa: F401  (before torch, and mmpose modules that want compiled ops)

from mmengine.config import Config
from mmengine.runner import Runner

from ikp_mm.command_line import run_tool, tool_parser
from ikp_mm.engine.launch import (add_launch_arguments, is_first_process, launched_config,
                                   set_amp)
from ikp_mm.engine.wrappers import unwrapped
from ikp_mm.io.atomic import remove_partial
from ikp_mm.io.checkpoint_file import last_whole_checkpoint, latest_checkpoint
from ikp_mm.io.lock import sole_process
from ikp_mm.models.pretrained import check_pretrained


def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    add_launch_arguments(parser)
    parser.add_argument('--resume', nargs='?', const='auto',
                        help='checkpoint to resume from; without a value, the latest one in the '
                        'work directory')
    parser.add_argument('--amp', action='store_true', help='mixed precision')
    parser.add_argument('--amp-dtype', choices=['float16', 'bfloat16'],
                        help='with --amp: float16 (the default, needs a GPU) or bfloat16')
    parser.add_argument('--no-validate', action='store_true', help='do not validate on the way')
    parser.add_argument('--auto-scale-lr', action='store_true',
                        help='scale learning rates with the batch size (config: auto_scale_lr)')
    args = parser.parse_args()
    if args.amp_dtype is not None and not args.amp:
        parser.error('--amp-dtype goes with --amp')
    return args


def set_resume(cfg: Config, resume: str | None) -> list[str]:
    """What ``--resume`` asks for; returns what is to be said of it."""
    if resume is None:
        return []
    if resume != 'auto':
        cfg.resume, cfg.load_from = True, latest_checkpoint(resume)
        return []
    found, passed_over = last_whole_checkpoint(cfg.work_dir)
    if found is None:
        return [f'--resume: {cfg.work_dir} holds no checkpoint yet, the run starts']
    cfg.resume, cfg.load_from = True, found
    return [f'{reason}: goes on from {found}' for reason in passed_over]


def main(args: argparse.Namespace) -> None:
    cfg = launched_config(args)
    if args.no_validate:
        cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
        cfg.default_hooks.checkpoint.pop('save_best', None)
    if args.amp:
        set_amp(cfg, args.amp_dtype or 'float16')
    if args.auto_scale_lr:
        cfg.auto_scale_lr.enable = True
    first_rank = args.launcher == 'none' or is_first_process()
    with sole_process(Path(cfg.work_dir)) if first_rank else nullcontext():
        if first_rank:
            remove_partial(Path(cfg.work_dir), suffix='.pth')
        notes = set_resume(cfg, args.resume)
        runner = Runner.from_cfg(cfg)
        # Of MMPose's own models too, which would keep random weights with a warning.
        check_pretrained(unwrapped(runner.model))
        for note in notes:
            runner.logger.warning(note)
        runner.train()


if __name__ == '__main__':
    run_tool(main, parse_args())
