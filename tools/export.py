#!/usr/bin/env python
"""Export a checkpoint to ONNX: ``tools/export.py CHECKPOINT [--out DIR] [--dynamic] ...``.

Only Phi and eta are kept. The file is compared with the model on real inputs; when a coordinate
differs by more than 1e-5 of the frame it is renamed and this fails. docs/export.md says more.
"""
import argparse
import json
from pathlib import Path

import ikp_mm  # noqa: F401  (before torch, and mmpose modules that want compiled ops)

from mmengine.config import Config

from ikp_mm.command_line import run_tool, tool_parser
from ikp_mm.deploy.export import BACKENDS, choose_crops, export, load_detector
from ikp_mm.deploy.sdk import compare_sdk

CONFIGS = Path(__file__).resolve().parents[1] / 'configs/deploy'


def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    parser.add_argument('checkpoint', type=Path, help='a full or slim checkpoint, or the '
                        'last_checkpoint file of a work directory')
    parser.add_argument('--config', help='default: the one that the checkpoint holds')
    parser.add_argument('--out', type=Path, help='folder (CHECKPOINT without .pth, with _onnx)')
    parser.add_argument('--backend', choices=BACKENDS, default='mmdeploy',
                        help="torch: plain torch.onnx, without MMDeploy")
    parser.add_argument('--dynamic', action='store_true', help='any number of images at a time')
    parser.add_argument('--sdk', action='store_true', help="files of MMDeploy's SDK too")
    parser.add_argument('--compare-sdk', action='store_true',
                        help='with --sdk: run mmdeploy-runtime beside our reader of the file')
    parser.add_argument('--scores', action='store_true',
                        help='a second output keypoint_scores (--backend torch)')
    parser.add_argument('--fp16', action='store_true', help='also a file in half precision')
    parser.add_argument('--int8', action='store_true', help='also a file in 8 bit integers')
    parser.add_argument('--images', nargs='+', default=(), metavar='FILE',
                        help='whole pictures to compare on (default: the test set)')
    parser.add_argument('--frames', type=int, default=64, help='of the test set (64)')
    parser.add_argument('--overwrite', action='store_true', help='replace an earlier export')
    args = parser.parse_args()
    if args.compare_sdk and not args.sdk:
        parser.error('--compare-sdk needs --sdk')
    return args


def main(args: argparse.Namespace) -> None:
    deploy_config = Config.fromfile(
        CONFIGS / f'onnxruntime_{"dynamic" if args.dynamic else "static"}.py')
    detector = load_detector(args.checkpoint, args.config)
    folder = args.out or args.checkpoint.with_name(f'{args.checkpoint.stem}_onnx')
    crops = choose_crops(detector, args.images, args.frames)
    report = export(detector, folder, deploy_config, crops, args.backend, args.scores, args.fp16,
                    args.int8, args.checkpoint if args.sdk else None, args.overwrite)
    (folder / 'export.json').write_text(json.dumps(report.to_json(), indent=2) + '\n')
    print('\n'.join(report.lines()))
    if args.compare_sdk:
        print('\n'.join(compare_sdk(folder, detector, crops)))
    print(f'written to {folder}: ' + ', '.join(sorted(path.name for path in folder.iterdir())))


if __name__ == '__main__':
    run_tool(main, parse_args())
