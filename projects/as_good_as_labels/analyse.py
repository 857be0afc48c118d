"""What holds a detector without labels above the same networks trained with all labels?

    python projects/as_good_as_labels/analyse.py CONFIG OURS.pkl TWIN.pkl --view-joint nose [--out DIR]

CONFIG is that of the detector without labels; its test metric names the unit and the prior. OURS and
TWIN are predictions on its test frames (``tools/test.py --dump``). Printed, means over images in the
metric's unit, with the ratio of the first two:

- all joints and each kind of joint: names without side and number;
- flips: images in which the other naming of left and right is nearer to the labels, and the errors
  with the better of both;
- view: the horizontal place of ``--view-joint`` among the labelled joints, in three equal parts of the images;
- distance from the labels to the nearest prior pose, in three equal parts;
- which share of what ours errs more than the twin stands in the tenth of the images where it is most.

``worst.png``: the thirty images in which ours errs most beyond the twin.
"""
import argparse
import re
from pathlib import Path

import ikp_mm  # noqa: F401  (before torch, and mmpose modules that want compiled ops)

import mmengine
import numpy as np
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, METRICS

from ikp_mm.command_line import run_tool, tool_parser
from ikp_mm.evaluation.functional import (image_errors, joint_distances, nearest_prior_keypoints,
                                          swap_towards, unit_lengths)
from ikp_mm.evaluation.metrics.prior import build_prior
from ikp_mm.io.config_file import read_config
from ikp_mm.io.pictures import read_image, write_image
from ikp_mm.skeletons import get_skeleton
from ikp_mm.visualization import draw_keypoints, make_sheet

WORST, PARTS = 30, ('lowest third', 'middle third', 'highest third')


def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    parser.add_argument('config', type=Path)
    parser.add_argument('ours', type=Path)
    parser.add_argument('twin', type=Path)
    parser.add_argument('--view-joint', required=True, metavar='JOINT')
    parser.add_argument('--out', type=Path, default=Path('work_dirs/as_good_as_labels'))
    return parser.parse_args()


def read(metric, path: Path) -> tuple[list[dict], dict[str, np.ndarray]]:
    """The labelled images of a file of predictions, one by one and stacked, in order of names."""
    metric.results.clear()
    metric.process([], mmengine.load(path))
    results = sorted(metric.labelled(metric.results), key=lambda result: result['name'])
    return results, metric.stacked(results)


def thirds(values: np.ndarray) -> list[np.ndarray]:
    """Masks (N,) of the lowest, middle and highest third of (N,) values."""
    rank = np.argsort(np.argsort(values, kind='stable'), kind='stable')
    return [rank * len(PARTS) // len(values) == part for part in range(len(PARTS))]


def main(args: argparse.Namespace) -> None:
    cfg = read_config(args.config)
    init_default_scope('mmpose')
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    # The twin has no offline eta to correct flips with.
    metric = METRICS.build(dict(cfg.test_evaluator, modes=('direct', )))
    metric.dataset_meta = dataset.metainfo
    names = metric.joint_names
    if args.view_joint not in names:
        raise ValueError(f'--view-joint {args.view_joint}: the joints are {", ".join(names)}')
    results, images = read(metric, args.ours)
    others, twin = read(metric, args.twin)
    if [result['name'] for result in results] != [result['name'] for result in others]:
        raise ValueError(f'{args.ours} and {args.twin} are of different images')
    truth, visible = images['truth'], images['visible']
    both = images['predicted'], twin['predicted']

    norm_joints = metric.norm_joints and tuple(map(names.index, metric.norm_joints))
    lengths = unit_lengths(metric.unit, images['scale'], truth, visible, norm_joints)

    def errors(keypoints: np.ndarray, joints=slice(None)) -> np.ndarray:
        """(N,), of some joints."""
        distances = joint_distances(keypoints, truth, visible) / lengths[:, None]
        return image_errors(distances[:, joints])

    print('| | images | ours | twin | ratio |\n|---|---|---|---|---|')

    def line(title: str, ours: np.ndarray, labelled: np.ndarray) -> None:
        means = np.nanmean(ours), np.nanmean(labelled)
        print(f'| {title} | {len(ours)} | {means[0]:.2f} | {means[1]:.2f} '
              f'| {means[0] / means[1]:.2f} |')

    ours, labelled = map(errors, both)
    line('all', ours, labelled)
    kinds: dict[str, list[int]] = {}
    for joint in np.flatnonzero(visible.any(axis=0)):
        kinds.setdefault(re.sub(r'left_|right_|_\d+$', '', names[joint]), []).append(joint)
    for kind, joints in kinds.items():
        line(kind, *(errors(keypoints, joints) for keypoints in both))
    flip = dataset.metainfo['flip_indices']
    swapped = [swap_towards(keypoints, truth, visible, np.asarray(flip)) for keypoints in both]
    line('the better naming of left and right', *(errors(keypoints) for keypoints, _ in swapped))
    place = np.where(visible, truth[..., 0], np.nan)
    frame = images['center'], images['scale']
    view = (place[:, names.index(args.view_joint)] - np.nanmean(place, axis=1)) / frame[1][:, 0]
    prior = build_prior(cfg.test_evaluator['prior'], dataset.metainfo).complete
    nearest = nearest_prior_keypoints(prior, truth, visible, *frame)
    for title, values in ((f'place of {args.view_joint}', view),
                          ('distance to the prior', errors(nearest))):
        for part, mask in zip(PARTS, thirds(values)):
            line(f'{title}: {part}', ours[mask], labelled[mask])
    more = ours - labelled
    order = np.argsort(-np.nan_to_num(more))
    tenth = order[:max(1, len(order) // 10)]
    flips = [int(changed.sum()) for _, changed in swapped]
    print(f'\nthe other naming is nearer in {flips[0]} images of ours, {flips[1]} of the twin\n'
          f'{100 * more[tenth].sum() / np.nansum(more):.0f} percent of what ours errs more stands in '
          f'{len(tenth)} of {len(ours)} images')
    skeleton = get_skeleton(cfg.test_dataloader.dataset.skeleton)
    rows = []
    for row in order[:WORST]:
        picture = read_image(results[row]['name'])
        drawn = dict(ours=both[0][row], twin=both[1][row], labels=truth[row],
                     **{'nearest prior pose': nearest[row]})
        rows.append({title: draw_keypoints(picture, keypoints, skeleton, visible[row], 160)
                     for title, keypoints in drawn.items()})
    args.out.mkdir(parents=True, exist_ok=True)
    write_image(args.out / 'worst.png', make_sheet(
        rows, list(rows[0]), row_labels=[f'{ours[row]:.1f}\n{labelled[row]:.1f}'
                                         for row in order[:WORST]], skeleton=skeleton))
    print(args.out / 'worst.png')


if __name__ == '__main__':
    run_tool(main, parse_args())
