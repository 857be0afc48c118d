#!/usr/bin/env python
"""Decode and resize training clips once (docs/speed.md): ``tools/pack_clips.py CONFIG --out DIR``.

Packs ``train_dataloader.dataset.clips`` of a config and prints what to write in their place.
Nothing is overwritten without --overwrite; an interrupted call leaves nothing behind.
"""
import argparse
import inspect
import sys
from pathlib import Path

import ikp_mm  # noqa: F401  (before torch, and mmpose modules that want compiled ops)

from mmengine.config import DictAction
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS

from ikp_mm.clips.packed import CODECS, DATABASE, pack_clips
from ikp_mm.command_line import run_tool, tool_parser
from ikp_mm.io.config_file import read_config



def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    parser.add_argument('config', type=Path, metavar='CONFIG',
                        help='a config that trains on frame pairs')
    parser.add_argument('--out', type=Path, required=True, help='the folder to write')
    parser.add_argument('--image-size', type=int,
                        help="side of the frames in pixels (the config's)")
    parser.add_argument('--codec', choices=CODECS, default='raw',
                        help="'raw' is exact, the fastest and the largest; 'jpeg' changes the "
                        'frames (raw)')
    parser.add_argument('--medians', action='store_true',
                        help="pack the median backgrounds that the config's background option "
                        'asks for, so that training takes them as given ones')
    parser.add_argument('--masks', action='store_true',
                        help='pack masks too (done anyway where the config weighs by them)')
    parser.add_argument('--workers', type=int, default=0,
                        help='processes that decode; 0 decodes in this one (0)')
    parser.add_argument('--overwrite', action='store_true', help='replace packed clips')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, default={},
                        metavar='KEY=VALUE', help='changes to the config')
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    init_default_scope('mmpose')
    config = read_config(args.config)
    config.merge_from_dict(args.cfg_options)
    dataset = config.get('train_dataloader', {}).get('dataset', {})
    if 'clips' not in dataset:
        raise ValueError(f'{args.config} has no train_dataloader.dataset.clips (it is no config '
                         'that trains on frame pairs)')
    clips, background = dict(dataset['clips']), dict(dataset.get('background') or {})
    kind = DATASETS.get(clips['type'])  # None is refused where it is built
    if kind is not None and 'cache' in inspect.signature(kind).parameters:
        clips['cache'] = False  # every frame is read once or twice
    source = background.get('source')
    if args.medians and source != 'clip_median':
        raise ValueError('packing medians needs a config whose dataset has '
                         f"background=dict(source='clip_median'), it has {background or None}")
    medians = {key: value for key, value in background.items() if key != 'fill'}
    try:
        index = pack_clips(
            clips, args.out, dataset['image_size'] if args.image_size is None else args.image_size,
            args.codec, args.masks or source == 'mask', medians if args.medians else None,
            args.workers, args.overwrite, lambda line: print(line, file=sys.stderr, flush=True))
    except KeyboardInterrupt:
        print('interrupted: nothing was written', file=sys.stderr)
        sys.exit(130)
    print(f"{args.out}: {len(index['names'])} clips, {sum(index['frame_counts'])} frames, "
          f'{(args.out / DATABASE).stat().st_size / 1e6:.1f} MB')
    print(f"unreadable: {len(index['unreadable'])}")
    for reason in index['unreadable'].values():
        print(f'  {reason}')
    print('in the dataset of the config:')
    print(f"  clips=dict(type='PackedClips', path={str(args.out)!r}),")
    if args.medians:
        options = ''.join(f', {key}={value!r}' for key, value in background.items()
                          if key != 'source')
        print(f"  background=dict(source='given'{options}),")


if __name__ == '__main__':
    run_tool(main, parse_args())
