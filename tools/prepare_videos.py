#!/usr/bin/env python
"""Videos or frame folders in, ready clips out (docs/your_videos.md):
``tools/prepare_videos.py INPUT [INPUT ...] --out DIR --crop motion|boxes|face|...``.

Finished videos are skipped, so an interrupted call is simply repeated. Nothing is overwritten
without --overwrite. The exit status is 1 when a video could not be read at all.
"""
import argparse
import sys
from dataclasses import fields
from pathlib import Path

import ikp_mm  # noqa: F401  (before torch, and mmpose modules that want compiled ops)

from mmengine.config import DictAction

from ikp_mm.command_line import run_tool, tool_parser
from ikp_mm.preparation import CROPPERS, PrepareSettings, find_sources, prepare_all
from ikp_mm.visualization.contact_sheet import write_contact_sheets


def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    parser.add_argument('inputs', nargs='+', type=Path,
                        help='video files, folders of frames, or folders that hold such')
    parser.add_argument('--out', type=Path, required=True, help='folder of the clips')
    parser.add_argument('--crop', choices=sorted(CROPPERS), required=True,
                        help="where the figure is: 'motion' (what differs from the empty scene), "
                        "'boxes' (a box file), 'face' (near-frontal faces), 'detector' (an "
                        "MMDetection model), 'centre' (central square), 'whole' (whole frame, "
                        "padded to a square)")
    parser.add_argument('--crop-options', nargs='+', action=DictAction, default={},
                        metavar='KEY=VALUE', help='of the crop, e.g. background=shared for '
                        'motion, boxes=FILE for boxes (docs/your_videos.md)')
    defaults = PrepareSettings(crop='whole')
    parser.add_argument('--margin', type=float,
                        help='side of the crop per longer side of the box (' + ', '.join(
                            f'{key}: {crop.margin:g}' for key, crop in CROPPERS.items()) + ')')
    for name, kind, text in (
            ('size', int, 'side of the clips in pixels'),
            ('step', int, 'take every STEP-th frame'),
            ('max-frames', int, 'most frames of a clip'),
            ('min-frames', int, 'fewest frames of a clip'),
            ('max-gap', int, 'frames without a box that are bridged'),
            ('smooth', float, 'sigma of the smoothing of boxes over time, in frames; 0 is none'),
            ('min-motion', float, 'grey levels; clips that move less are dropped as near-still')):
        default = getattr(defaults, name.replace('-', '_'))
        parser.add_argument(f'--{name}', type=kind, default=default, help=f'{text} ({default})')
    parser.add_argument('--still-crop', action='store_true',
                        help='one square a clip, of MARGIN times the figure; a clip ends before '
                        'the figure leaves it. The empty scene is written beside each clip when '
                        'the crop knows it')
    parser.add_argument('--unordered', action='store_true',
                        help='frames that do not follow one another (a folder of labelled '
                        'frames): no cuts, no runs, no smoothing')
    parser.add_argument('--jobs', type=int, default=1, help='videos prepared at a time (1)')
    parser.add_argument('--overwrite', action='store_true',
                        help='make videos anew that this tool made before')
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    settings = PrepareSettings(**{entry.name: getattr(args, entry.name)
                                  for entry in fields(PrepareSettings)})
    try:
        report = prepare_all(
            find_sources(args.inputs, settings.step), args.out, settings, args.overwrite,
            say=lambda line: print(line, flush=True), jobs=args.jobs,
            say_progress=lambda line: print(line, file=sys.stderr, flush=True))
    except KeyboardInterrupt:
        print('interrupted: finished videos stay, the same call goes on from there',
              file=sys.stderr)
        sys.exit(130)
    clips = [(f"{video['name']}/{clip['clip']}\n{clip['frames']} frames\nmotion {clip['motion']}",
              sorted((args.out / video['name'] / clip['clip']).iterdir()))
             for video in report['videos'] for clip in video['kept']]
    pages = write_contact_sheets(clips, args.out)
    totals = report['totals']
    print(f"\n{totals['clips']} clips of {totals['frames_kept']} frames, of {totals['frames']} "
          f"frames in {totals['videos']} videos")
    for reason, count in totals['frames_dropped'].items():
        print(f'dropped: {count} frames {reason}')
    for name in totals['videos_without_clips']:
        print(f'no clip from: {name}')
    for problem in totals['videos_with_problems']:
        print(f'PROBLEM: {problem}')
    for problem in report['failed'].values():
        print(f'FAILED: {problem}')
    print(f"report: {args.out / 'report.json'}\n"
          f"look at: {', '.join(map(str, pages)) or 'nothing, no clip was kept'}")
    if report['failed']:
        sys.exit(1)


if __name__ == '__main__':
    run_tool(main, parse_args())
