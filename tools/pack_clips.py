#!/usr/bin/env python
"""Decode and resize training clips once (docs/speed.md):
``tools/pack_clips.py CONFIG_OR_ROOT --out DIR``.

Packs ``train_dataloader.dataset.clips`` of a config, or a folder of clips, or a folder of videos.
Nothing is overwritten without --overwrite; an interrupted call leaves nothing behind.
"""
import argparse
import sys
from pathlib import Path

import ikp_mm  # noqa: F401  (before torch, and mmpose modules that want compiled ops)

from mmengine.config import DictAction
from mmengine.registry import init_default_scope

from ikp_mm.clips.packed import CODECS
from ikp_mm.clips.packing import config_lines, find_pack_source, median_options, pack_clips
from ikp_mm.command_line import run_tool, tool_parser


def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    parser.add_argument('source', type=Path, metavar='CONFIG_OR_ROOT',
                        help='a training config, or a folder of clips or of videos')
    parser.add_argument('--out', type=Path, required=True, help='the folder to write')
    parser.add_argument('--image-size', type=int,
                        help="side of the frames in pixels (the config's)")
    parser.add_argument('--codec', choices=CODECS, default='raw',
                        help="'raw' is the fastest and the largest, 'png' smaller, both exact; "
                        "'jpeg' changes the frames (raw)")
    parser.add_argument('--medians', action='store_true',
                        help="pack the median backgrounds that the config's background option "
                        'asks for, so that training takes them as given ones')
    parser.add_argument('--masks', action='store_true',
                        help='pack masks too (done anyway where the config weighs by them)')
    parser.add_argument('--workers', type=int, default=0,
                        help='processes that decode; 0 decodes in this one (0)')
    parser.add_argument('--overwrite', action='store_true', help='replace packed clips')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, default={},
                        metavar='KEY=VALUE', help='changes to the config; for a folder: arguments '
                        'of its clip source, e.g. non_square=crop')
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    init_default_scope('mmpose')
    try:
        clips, image_size, background = find_pack_source(args.source, args.image_size,
                                                         args.cfg_options)
        weighs_by_masks = background is not None and background['source'] == 'mask'
        report = pack_clips(clips, args.out, image_size, args.codec, args.masks or weighs_by_masks,
                            median_options(background) if args.medians else None, args.workers,
                            args.overwrite, lambda line: print(line, file=sys.stderr, flush=True))
    except KeyboardInterrupt:
        print('interrupted: nothing was written', file=sys.stderr)
        sys.exit(130)
    print(f"{args.out}: {report['clips']} clips, {report['frames']} frames, "
          f"{report['bytes'] / 1e6:.1f} MB")
    print(f"unreadable: {len(report['unreadable'])}")
    for reason in report['unreadable']:
        print(f'  {reason}')
    print('in the dataset of the config:')
    for line in config_lines(args.out, background if args.medians else None):
        print(f'  {line}')


if __name__ == '__main__':
    run_tool(main, parse_args())
