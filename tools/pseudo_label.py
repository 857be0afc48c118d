#!/usr/bin/env python
"""Label videos or images by a model (docs/using_a_model.md):
``tools/pseudo_label.py MODEL INPUT [INPUT ...] --out DIR [--min-score S] [--filter median]``.

Writes DIR/keypoints.json (COCO-style, for MMPose's CocoDataset), DIR/deeplabcut/ (CSV and H5) and
DIR/report.json. Nothing is overwritten without --overwrite. The exit status is 1 when a source
could not be read at all.
"""
import argparse
import shlex
import sys
from pathlib import Path

import ikp_mm  # noqa: F401  (before torch, and mmpose modules that want compiled ops)

from ikp_mm.command_line import run_tool, tool_parser
from ikp_mm.inference import add_source_arguments, from_arguments, load_predictor
from ikp_mm.inference.coco_labels import BOXES, CocoSettings
from ikp_mm.inference.deeplabcut_labels import DeepLabCutProject
from ikp_mm.inference.pseudo_labels import FORMATS, PseudoLabelSettings, write_pseudo_labels
from ikp_mm.inference.temporal_filter import METHODS, TemporalFilter
from ikp_mm.io.checkpoint_file import latest_checkpoint


def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    parser.add_argument('model', type=Path, help='checkpoint (.pth) or ONNX file')
    add_source_arguments(parser)
    parser.add_argument('--config', help='configuration, for a checkpoint that holds none')
    parser.add_argument('--device', default='cpu', help='of a checkpoint, e.g. cuda:0 (cpu)')
    parser.add_argument('--out', type=Path, required=True, help='folder of the labels')
    parser.add_argument('--formats', nargs='+', choices=FORMATS, default=list(FORMATS),
                        help='what to write (both)')
    parser.add_argument('--frames-out', type=Path, metavar='DIR',
                        help='write the frames here as images; videos need it for the json')
    parser.add_argument('--min-score', type=float, default=0.0,
                        help='joints of a lower score get v = 0, no weight in training (0)')
    parser.add_argument('--min-joints', type=int, default=1,
                        help='images with fewer joints left are dropped (1)')
    parser.add_argument('--box', choices=BOXES, default='joints',
                        help="'joints' (default) for pipelines with MMPose's own padding, "
                        "'square' for GetBBoxCenterScale(padding=1.0)")
    parser.add_argument('--filter', choices=METHODS, help='steady the tracks over time')
    parser.add_argument('--window', type=int, default=5, help='of the filter, frames, odd (5)')
    parser.add_argument('--max-gap', type=int, default=2,
                        help='missing frames that the filter fills (2)')
    parser.add_argument('--dlc-project', type=Path, metavar='DIR',
                        help='add labelled frames to this DeepLabCut project')
    parser.add_argument('--dlc-scorer', help='the scorer in its config.yaml')
    parser.add_argument('--dlc-frames', type=int, default=20, help='labelled frames a video (20)')
    parser.add_argument('--overwrite', action='store_true',
                        help='replace what this tool wrote before')
    args = parser.parse_args()
    if (args.dlc_project is None) != (args.dlc_scorer is None):
        parser.error('--dlc-project and --dlc-scorer go together')
    return args


def main(args: argparse.Namespace) -> None:
    model = Path(latest_checkpoint(args.model))
    predictor = load_predictor(model, args.config, args.device)
    project = (DeepLabCutProject(args.dlc_project, args.dlc_scorer, args.dlc_frames)
               if args.dlc_project else None)
    temporal = TemporalFilter(args.filter, args.window, args.max_gap) if args.filter else None
    settings = PseudoLabelSettings(
        args.out, CocoSettings(args.min_score, args.min_joints, args.box), args.formats,
        args.frames_out, project, temporal, args.overwrite)
    report = write_pseudo_labels(predictor, model, from_arguments(args), settings,
                                 shlex.join(sys.argv), lambda line: print(line, flush=True))
    sources, coco = report['sources'], report.get('coco')
    print(f"{sum(entry['predicted'] for entry in sources)} of "
          f"{sum(entry['frames'] for entry in sources)} frames labelled, {len(sources)} sources")
    if coco:
        print(f"{args.out / 'keypoints.json'}: {coco['images']} images, {coco['joints']} joints; "
              f"images dropped: {coco['images_dropped']} (fewer than {args.min_joints} joints); "
              f"in the others, joints dropped: {coco['joints_unsure']} (score below "
              f"{args.min_score:g}), {coco['joints_outside']} (outside the image)\n"
              f"for CocoDataset: data_prefix=dict(img='{report['info']['image_root']}')")
        if coco['boxes_beyond_image']:
            print(f"WARNING: {coco['boxes_beyond_image']} squares reach beyond the image; "
                  'CocoDataset will clip them: use --box joints')
    print(f"report: {args.out / 'report.json'}")
    if report['failed']:
        sys.exit(1)


if __name__ == '__main__':
    run_tool(main, parse_args())
