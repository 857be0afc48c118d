#!/usr/bin/env python
"""Move joints and draw the picture anew (docs/using_a_model.md):
``tools/edit_pose.py CHECKPOINT IMAGE --move left_wrist=+0.1,-0.2 [--sweep ...] [--swap IMAGE]``.

CHECKPOINT is a full one of a KeypointGAN. Writes a panel, and for a sweep a GIF and an MP4.
"""
import argparse
from pathlib import Path

import ikp_mm  # noqa: F401  (before torch, and mmpose modules that want compiled ops)

from ikp_mm.command_line import run_tool, tool_parser
from ikp_mm.inference.pose_editing import (PoseEditor, edit, parse_move, parse_sweep,
                                           read_picture)


def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    parser.add_argument('checkpoint')
    parser.add_argument('image')
    parser.add_argument('--move', action='append', default=[], metavar='JOINT=+DX,+DY',
                        help='by fractions of the frame; without a sign, to. May be repeated')
    parser.add_argument('--sweep', action='append', default=[], metavar='JOINT=DX,DY:DX,DY',
                        help='from one offset to the other and back. Repeated: joints together')
    parser.add_argument('--frames', type=int, default=24, help='of the sweep (24)')
    parser.add_argument('--appearance', metavar='IMAGE', help='lends its look')
    parser.add_argument('--swap', metavar='IMAGE', help='exchange looks with this one')
    parser.add_argument('--background', help='the empty scene of IMAGE, or a folder of frames of '
                        'that view, whose median is taken')
    parser.add_argument('--other-background', help='the same of --appearance or --swap')
    parser.add_argument('--crop', default='whole', choices=['whole', 'centre', 'face'],
                        help='which square of the pictures (whole)')
    parser.add_argument('--margin', type=float, help='see tools/demo.py')
    parser.add_argument('--config', help='configuration, for a checkpoint that holds none')
    parser.add_argument('--device', default='cpu', help='e.g. cuda:0 (cpu)')
    parser.add_argument('--out', type=Path, help='(work_dirs/edit_pose/<name of the image>)')
    parser.add_argument('--overwrite', action='store_true',
                        help='replace what this tool wrote before')
    args = parser.parse_args()
    if args.appearance and args.swap:
        parser.error('--appearance and --swap name the other picture: give one')
    if args.other_background and not (args.appearance or args.swap):
        parser.error('--other-background goes with --appearance or --swap')
    return args


def main(args: argparse.Namespace) -> None:
    out = args.out or Path('work_dirs/edit_pose') / Path(args.image).stem
    moves = [parse_move(text) for text in args.move]
    sweeps = [parse_sweep(text) for text in args.sweep]
    editor = PoseEditor(args.checkpoint, args.config, args.device)
    picture = read_picture(editor, args.image, args.background, args.crop, args.margin)
    other = args.appearance or args.swap
    if other:
        other = read_picture(editor, other, args.other_background, args.crop, args.margin)
    if editor.fills_background and picture.look is picture.pixels:
        print('note: Psi was trained on looks without their background: give --background for '
              'pictures like those it learnt from')
    files = edit(editor, picture, out, moves, sweeps, args.frames,
                 other if args.appearance else None, other if args.swap else None,
                 args.overwrite)
    print('\n'.join(map(str, files)))


if __name__ == '__main__':
    run_tool(main, parse_args())
