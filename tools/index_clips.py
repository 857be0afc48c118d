#!/usr/bin/env python
"""Make the index of a large folder of clips (docs/scaling.md):
``tools/index_clips.py ROOT --out INDEX``, then ``FolderClips(root=ROOT, index=INDEX)`` or
``VideoClips(root=ROOT, index=INDEX)``.

An index is there as a whole or not at all. Videos that were looked through before an interruption
are not read again when the call is repeated.
"""
import argparse
import os
import sys
from pathlib import Path

import ikp_mm  # noqa: F401  (before torch, and mmpose modules that want compiled ops)

from ikp_mm.clips.clip_index import KINDS
from ikp_mm.clips.make_index import make_index
from ikp_mm.command_line import run_tool, tool_parser
from ikp_mm.io.find import BACKGROUND_SUFFIX, IMAGE_SUFFIXES, VIDEO_SUFFIXES


def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    parser.add_argument('root', type=Path, help='the folder of clips')
    parser.add_argument('--out', type=Path, required=True, help='folder of the index')
    parser.add_argument('--kind', choices=KINDS, default='folders',
                        help="'folders' of images (FolderClips) or 'videos' (VideoClips)")
    parser.add_argument('--workers', type=int, default=len(os.sched_getaffinity(0)),
                        help='processes; 0: this one alone (as many as it may use cores)')
    parser.add_argument('--suffixes', nargs='+',
                        help=f'what counts as an image ({" ".join(IMAGE_SUFFIXES)}) or a video '
                        f'({" ".join(VIDEO_SUFFIXES)})')
    parser.add_argument('--background-suffix',
                        help='of folders: see FolderClips; an empty text: there are none '
                        f'({BACKGROUND_SUFFIX})')
    parser.add_argument('--overwrite', action='store_true', help='replace an older index')
    args = parser.parse_args()
    if args.kind == 'videos' and args.background_suffix is not None:
        parser.error('--background-suffix goes with --kind folders: videos have no background')
    if args.background_suffix is None:
        args.background_suffix = BACKGROUND_SUFFIX
    for suffix in args.suffixes or ():
        if suffix[:1] != '.':
            parser.error(f'--suffixes begin with a dot: .{suffix}')
    return args


def main(args: argparse.Namespace) -> None:
    try:
        index = make_index(args.root, args.out, args.kind, args.workers, args.suffixes,
                           args.background_suffix or None, args.overwrite,
                           say=lambda line: print(line, file=sys.stderr, flush=True))
    except KeyboardInterrupt:
        print('interrupted: no index was written, repeat the call', file=sys.stderr)
        sys.exit(130)
    for problem in index.unreadable[:100]:
        print(f'LEFT OUT: {problem}')
    if len(index.unreadable) > 100:
        print(f'LEFT OUT: {len(index.unreadable) - 100} more, all of them in '
              f'{args.out}/unreadable.txt')
    print(f'{len(index)} clips of {index.frame_counts.sum(dtype=int)} frames in {args.out}, '
          f'{len(index.unreadable)} left out')


if __name__ == '__main__':
    run_tool(main, parse_args())
