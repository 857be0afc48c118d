#!/usr/bin/env python
"""Videos or frame folders in, ready clips out (docs/prepare.md):
``tools/prepare_videos.py INPUT [INPUT ...] --out DIR --crop face|centre|whole``.

Finished videos are skipped, so an interrupted call is simply repeated. Nothing is overwritten
without --overwrite. The exit status is 1 when a video could not be read at all.
"""
import argparse
import sys
import time
from pathlib import Path

from mmengine.config import DictAction

import ikp_mm  # noqa: F401  (before any mmpose module that wants compiled ops)
from ikp_mm.datasets.preparation import CROPPERS, PrepareSettings, find_sources, prepare_all
from ikp_mm.visualization.contact_sheet import write_contact_sheets


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('inputs', nargs='+', type=Path,
                        help='video files, folders of frames, or folders that hold such')
    parser.add_argument('--out', type=Path, required=True, help='folder of the clips')
    parser.add_argument('--crop', choices=sorted(CROPPERS), required=True,
                        help="where the figure is: 'face' (near-frontal faces), 'centre' (central "
                        "square), 'whole' (whole frame, padded to a square)")
    parser.add_argument('--crop-options', nargs='+', action=DictAction, default={},
                        metavar='KEY=VALUE', help='of the crop, e.g. min_face=0.1 for faces')
    defaults = PrepareSettings(crop='whole')
    parser.add_argument('--margin', type=float,
                        help='side of the crop per side of the box (face: 1.3, others: 1)')
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
    parser.add_argument('--overwrite', action='store_true',
                        help='make videos anew that this tool made before')
    return parser.parse_args()


class Ticker:
    """A line on stderr every ten seconds, for long videos."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, source, t: int) -> None:
        if time.monotonic() - self._last > 10:
            self._last = time.monotonic()
            of = '' if source.declared is None else f' of {-(-source.declared // source.step)}'
            print(f'    {source.name}: at frame {t}{of}', file=sys.stderr, flush=True)


def main() -> None:
    args = parse_args()
    settings = PrepareSettings(
        crop=args.crop, crop_options=dict(args.crop_options), size=args.size, margin=args.margin,
        step=args.step, max_frames=args.max_frames, min_frames=args.min_frames,
        max_gap=args.max_gap, smooth=args.smooth, min_motion=args.min_motion)
    sources = find_sources(args.inputs, settings.step)
    ticker = Ticker()
    for source in sources:
        source.on_frame = ticker
    report = prepare_all(sources, args.out, settings, args.overwrite,
                         say=lambda line: print(line, flush=True))
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
    main()
