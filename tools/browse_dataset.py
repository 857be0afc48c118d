#!/usr/bin/env python
"""Look at what a config trains on: ``tools/browse_dataset.py CONFIG [--out DIR] [--num 12] ...``.

Draws frame pairs, and the scenes behind their figures, beside poses of the prior, drawn and, where
the config paints figures, painted: a painted body should pass for a bad picture of yours. Names
the joints, and compares the boxes of the prior's poses with those of the figures in the frames. A
warning says when they differ; the exit status is 0 all the same (docs/your_videos.md).
"""
import argparse
from collections import Counter
from pathlib import Path

import ikp_mm  # noqa: F401  (before torch, and mmpose modules that want compiled ops)

import numpy as np
import torch
from mmengine.config import Config, DictAction
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS

from ikp_mm.clips.background import KINDS as BACKGROUND_KINDS
from ikp_mm.command_line import run_tool, tool_parser
from ikp_mm.engine.launch import merge_options
from ikp_mm.io.config_file import read_config
from ikp_mm.io.pictures import write_image
from ikp_mm.models.drawers import build_drawer
from ikp_mm.models.heads import SkeletonRenderer
from ikp_mm.ops.coords import unit_to_frame
from ikp_mm.priors.box_statistics import (figure_boxes, framing_problems, has_weight, joint_boxes,
                                          motion_box, statistics_table, weight_box)
from ikp_mm.visualization.browse import BROWSE_COLUMNS, CELL, browse_row, draw_named_joints
from ikp_mm.visualization.sheet import make_sheet

HOW_SEEN = dict(
    weight='the foreground weight of the frames',
    motion='motion within the clips: a WEAK estimate, good only if all of the figure moves and '
    'nothing else does (the config has no background); judge by the sheet')


def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    parser.add_argument('config', type=Path, help='train config file')
    parser.add_argument('--out', type=Path,
                        help='folder of the pictures (work_dirs/browse/<config name>)')
    parser.add_argument('--num', type=int, default=12, help='rows of the sheet (12)')
    parser.add_argument('--draws', type=int, default=300,
                        help='frames and poses that the statistics are made of (300)')
    parser.add_argument('--first-draw', type=int, default=0,
                        help="number of the first draw (0): ramps of the prior's jitter depend on "
                        'it; iterations x batch size')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
                        help='override config entries')
    args = parser.parse_args()
    if args.num < 1 or args.draws < args.num:
        parser.error('--num must be at least 1, and --draws no less than --num')
    return args


def build_datasets(cfg: Config, config: Path):
    """The frame pairs and the prior of a config, with its seed."""
    prior = cfg.get('train_cfg', {}).get('prior_dataloader')
    pairs = cfg.get('train_dataloader')
    if prior is None or pairs is None or pairs.dataset.type != 'FramePairDataset':
        raise ValueError(f'{config} does not train on frame pairs (train_dataloader, '
                         'FramePairDataset) and a prior (train_cfg.prior_dataloader)')
    built = [DATASETS.build(dataset) for dataset in (pairs.dataset, prior.dataset)]
    for dataset in built:
        dataset.set_seed(cfg.get('randomness', {}).get('seed') or 0)
    return built


def paint_figures(cfg: Config, pairs, prior, draws: range) -> list[np.ndarray] | None:
    """Prior poses as painted bodies over the clips' scenes, as stage one shows them to Phi."""
    figures = cfg.model.get('figures')
    if figures is None:
        return None
    drawer = build_drawer(figures, prior.skeleton, pairs.image_size)
    drawn = [{**pairs[draw], **prior[draw]} for draw in draws]
    keypoints, visible, scenes, colours = (
        torch.stack([item[key] for item in drawn])
        for key in ('keypoints', 'visible', 'scene', 'colours'))
    torch.manual_seed(draws.start)
    painted = drawer(keypoints, visible, scenes.flip(1).float(), colours.flip(-1).float())
    return list(painted.flip(1).permute(0, 2, 3, 1).round().byte().numpy())


def make_row(pairs, prior, renderer: SkeletonRenderer, draw: int, prior_box: np.ndarray,
             figure: np.ndarray | None) -> dict:
    """One row of the sheet."""
    item, pose = pairs[draw], prior[draw]
    pair = {key: item[key].numpy().transpose(1, 2, 0)
            for key in ('image', 'target', 'appearance', 'scene')}
    if has_weight(pairs):
        pair['weight'] = item['weight'][0].numpy()
        seen = weight_box(pair['weight'])
    else:
        seen = motion_box(pairs.clips, pairs.pair_of(draw)[0])
    with torch.no_grad():
        rendered = renderer(pose['keypoints'][None], pose['visible'][None])[0, 0].numpy()
    return browse_row(pair, unit_to_frame(pose['keypoints'].numpy()), pose['visible'].numpy(),
                      rendered, prior.skeleton, seen, prior_box, figure)


def main(args: argparse.Namespace) -> None:
    cfg = read_config(args.config)
    merge_options(cfg, args.cfg_options)
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    pairs, prior = build_datasets(cfg, args.config)
    out = args.out or Path('work_dirs/browse') / args.config.stem
    head = cfg.model.head
    renderer = SkeletonRenderer(prior.skeleton.edges, head.skeleton_size,
                                **head.get('renderer', {}))
    joints = joint_boxes(prior, args.draws, args.first_draw)
    figures = figure_boxes(pairs, args.draws, args.first_draw)
    prior_box = np.median(joints, axis=0)
    draws = range(args.first_draw, args.first_draw + args.num)
    labels = [f'{pairs.clips.name(clip)}\n{t} and {other}'
              for clip, t, other in map(pairs.pair_of, draws)]
    painted = paint_figures(cfg, pairs, prior, draws) or [None] * len(draws)
    write_image(out / 'sheet.png', make_sheet(
        [make_row(pairs, prior, renderer, draw, prior_box, figure)
         for draw, figure in zip(draws, painted)],
        BROWSE_COLUMNS, cell=CELL, row_labels=labels, skeleton=prior.skeleton,
        title=f'{args.config.name}: pairs, and poses of the prior (unpaired). Boxes: blue the '
        "figure, orange the prior's median"))
    mean = unit_to_frame(prior.mean_pose())
    write_image(out / 'joints.png',
                draw_named_joints(mean, np.ones(len(mean), bool), prior.skeleton))

    print(f'{len(pairs.clips)} clips; {len(prior)} poses of {prior.skeleton.num_joints} joints')
    if pairs.background is not None and pairs.background.kinds:
        kinds = Counter(pairs.background.kinds.values())
        print('backgrounds of the clips looked at: '
              + ', '.join(f'{kinds[kind]} {kind}' for kind in BACKGROUND_KINDS))
    print(f'\nfigures by {HOW_SEEN[figures.source]}')
    if figures.left_out:
        unit = 'frames' if figures.source == 'weight' else 'clips'
        print(f'no figure was seen in {figures.left_out} {unit}')
    print('\n' + statistics_table(joints, figures) + '\n')
    problems = framing_problems(joints, figures)
    if problems:
        print('!' * 78, 'WARNING: THE PRIOR IS NOT FRAMED LIKE THE FIGURES',
              *(f'  - {problem}' for problem in problems),
              'y will be drawn in the wrong size or place, and no loss mends it: crop the clips '
              'or pad the', 'prior so that both fill the frame alike (docs/your_videos.md)',
              '!' * 78, sep='\n')
    else:
        print('prior and figures are framed alike, as far as this can tell')
    print(f"\npictures: {out / 'sheet.png'}, {out / 'joints.png'} (the prior's mean pose)")


if __name__ == '__main__':
    run_tool(main, parse_args())
