"""Labels for a trained network: a linear map from its points to joints, fitted on n images.

    python -m projects.comparison.regress CONFIG CHECKPOINT [--labelled N ...] [--out FILE]

How methods without named keypoints are scored, and what the talk's last 300-W row does with named
ones ("ours + regression"). The map is least squares with an intercept, fitted in unit coordinates
of the network's input frame (``linear_map.py``) on images of the config's
``regression_dataloader``. Any top-down checkpoint will do: KeypointGAN, IMM, Zhang2018, a
supervised network.
"""
from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import Union

import ikp_mm  # noqa: F401  (before torch, and mmpose modules that want compiled ops)

import mmengine
import numpy as np
import torch
from mmengine.config import Config, DictAction
from mmengine.device import get_device
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpose.registry import MODELS
from torch import nn

from ikp_mm.command_line import run_tool, tool_parser
from ikp_mm.engine.launch import merge_options
from ikp_mm.evaluation.functional import original_to_unit, unit_to_original
from ikp_mm.evaluation.functional.keypoint_distance import UNIT_NAMES
from ikp_mm.evaluation.metrics import KeypointDistanceMetric
from ikp_mm.inference.checkpoints import load_strictly, read_checkpoint
from ikp_mm.io.checkpoint_file import latest_checkpoint
from ikp_mm.io.config_file import read_config
from projects.comparison.linear_map import LinearMap, choose_ridge, fit_linear_map
from projects.comparison.regressed_metric import RegressedDistanceMetric

ALL = 'all'
CROSS_VALIDATED = 'cv'
KINDS = ('KeypointDistanceMetric', 'RegressedDistanceMetric')
# What decides how a metric scores; its modes, baselines and files do not.
SCORING = ('unit', 'norm_joints', 'group_key', 'joints', 'landmarks', 'prefix')


def labelled_choice(available: int, num: int) -> np.ndarray:
    """Which of ``available`` images are the n labelled ones: number ``floor(i * available / n)``.

    No chance is involved, and an ordered data set (clip by clip) is covered from end to end.

    Raises:
        ValueError: ``num`` is not in 1..available.
    """
    if not 1 <= num <= available:
        raise ValueError(f'{num} labelled images were asked for, but regression_dataloader has '
                         f'{available}')
    return np.arange(num) * available // num


def labelled_counts(requested: Sequence[str]) -> list[Union[int, str]]:
    """Numbers of labelled images as a command line gives them: whole numbers, and 'all'.

    Raises:
        ValueError: neither of the two, or one named twice.
    """
    counts: list[Union[int, str]] = []
    for text in requested:
        if text != ALL and not (text.isdigit() and int(text) > 0):
            raise ValueError(f"--labelled takes whole numbers above 0 and '{ALL}', got {text!r}")
        counts.append(text if text == ALL else int(text))
    if len(set(counts)) != len(counts):
        raise ValueError(f'--labelled names a number twice: {" ".join(requested)}')
    return counts


def ridge_choice(text: str) -> float | str:
    """``--ridge`` as a command line gives it: a number, or 'cv'.

    Raises:
        argparse.ArgumentTypeError: neither of the two.
    """
    try:
        return text if text == CROSS_VALIDATED else float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f'a number or {CROSS_VALIDATED}, got {text!r}') from None


def load_model(cfg: Config, path: str) -> nn.Module:
    """Build ``cfg.model`` with the checkpoint's weights, on the default device, to evaluate.

    Entries of the checkpoint that the model lacks (a KeypointGAN's generator in a stock
    estimator) are passed over, as MMEngine does.

    Raises:
        FileNotFoundError: no such checkpoint.
        ValueError: no checkpoint; it lacks weights of the model, or some have another shape.
    """
    model, checkpoint = MODELS.build(cfg.model), read_checkpoint(path, cfg)
    known = model.state_dict()
    load_strictly(model, {key: value for key, value in checkpoint.state.items() if key in known},
                  checkpoint)
    return model.to(get_device()).eval()


def _evaluators(cfg: Config) -> list[dict]:
    """Those of the test's metrics that measure distances; ValueError without any."""
    evaluators = cfg.test_evaluator
    found = [evaluator for evaluator in (evaluators if isinstance(evaluators, (list, tuple))
                                         else [evaluators]) if evaluator['type'] in KINDS]
    if not found:
        raise ValueError(f'test_evaluator holds no {KINDS[0]} to take the unit from')
    return found


def _metrics(cfg: Config) -> dict[str, KeypointDistanceMetric]:
    """Prefix -> the test's metric, reading points without names, its prior and files left out."""
    metrics = {}
    for evaluator in _evaluators(cfg):
        metric = RegressedDistanceMetric(
            n_regress=1, **{key: evaluator[key] for key in SCORING if key in evaluator})
        if metric.prefix in metrics:
            raise ValueError(f'two of test_evaluator\'s metrics have the prefix '
                             f'{metric.prefix!r}: their results would overwrite each other')
        metrics[metric.prefix] = metric
    return metrics


@torch.no_grad()
def _predict(model: nn.Module, dataloader_cfg: dict, metrics: Sequence[KeypointDistanceMetric]
             ) -> None:
    """Let each metric read the labelled images of a data loader, in the data set's order."""
    dataloader = Runner.build_dataloader(dataloader_cfg, seed=0)
    for metric in metrics:
        metric.dataset_meta = dataloader.dataset.metainfo
    for batch in dataloader:
        samples = [sample.to_dict() for sample in model.test_step(batch)]
        for metric in metrics:
            metric.process([], samples)


def _unit_arrays(metric: KeypointDistanceMetric) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points and labels in unit coordinates, and which are visible, of the labelled images."""
    images = metric.stacked(metric.labelled(metric.results))
    frame = images['center'], images['scale']
    return (original_to_unit(images['predicted'], *frame),
            original_to_unit(images['truth'], *frame), images['visible'])


def _clips(metric: KeypointDistanceMetric) -> np.ndarray:
    """(N,) folder of each labelled image; its own name where all lie in one."""
    names = [result['name'] for result in metric.labelled(metric.results)]
    folders = [os.path.dirname(name) for name in names]
    return np.array(folders if len(set(folders)) > 1 else names)


def _fit(points: np.ndarray, truth: np.ndarray, visible: np.ndarray, clips: np.ndarray,
         ridge: float | str, named: bool) -> LinearMap:
    """The map of one row: ``named`` matters where the ridge is chosen by cross-validation."""
    if ridge != CROSS_VALIDATED:
        return fit_linear_map(points, truth, visible, ridge)
    chosen = choose_ridge(points, truth, visible, clips, named)
    return fit_linear_map(points, truth, visible, chosen, named)


def _rows(metric: KeypointDistanceMetric, maps: Sequence[tuple[int, LinearMap]]) -> list[dict]:
    """Score the mapped points of the test images that ``metric`` has read."""
    results = metric.labelled(metric.results)
    images = metric.stacked(results)
    frame = images['center'], images['scale']
    points = original_to_unit(images['predicted'], *frame)
    rows = []
    for num, fitted in maps:
        score = metric.score(unit_to_original(fitted(points), *frame), results)
        rows.append(dict(n=num, error=score.mean, unit=UNIT_NAMES[metric.unit],
                         ridge=fitted.ridge, determined=fitted.determined,
                         per_group=score.per_group))
    return rows


def regress_checkpoint(cfg: Config, checkpoint: str, labelled: Sequence[Union[int, str]],
                       ridge: float | str = 0.0) -> dict:
    """Fit on n images of ``regression_dataloader``, score on the test set, for each n.

    The n images are :func:`labelled_choice` among those with a label. The score is that of the
    test's ``KeypointDistanceMetric``: its unit, groups, joints and landmarks. With n below the
    number of unknowns (2M + 1 for M points) many maps fit the labels exactly; the one of least
    norm is taken, and ``determined`` is false in its row.

    Args:
        cfg: config with ``model``, ``regression_dataloader``, ``test_dataloader`` and
            ``test_evaluator``. The fit set must share no image with the test set.
        checkpoint: weights of ``cfg.model``.
        labelled: numbers of labelled images; ``'all'`` takes the whole fit set.
        ridge: see ``fit_linear_map``; 0 is plain least squares. ``'cv'``: chosen for each n by
            cross-validation on the n images, those of one folder never apart; where the test's
            metric is that of named points, the map is a correction of these (``named``).

    Returns:
        dict of plain values: ``rows`` (each ``n``, ``error``, ``unit``, ``ridge``,
        ``determined``, ``per_group``) in the unit of the test's first metric, with its
        ``norm_joints``; ``also``, prefix -> rows in the units of further ones; ``num_points`` M,
        ``num_unknowns`` 2M + 1 for each coordinate of each joint, ``num_test_images``,
        ``num_fit_images`` (how many there are to choose from), ``ridge``, ``checkpoint``.

    Raises:
        KeyError: the config has no ``regression_dataloader``.
        ValueError: more images than there are, the two sets differ in joints; see
            :func:`load_model`, :func:`labelled_choice`, ``fit_linear_map`` and the metric.
    """
    for key in ('regression_dataloader', 'test_dataloader', 'test_evaluator'):
        if cfg.get(key) is None:
            raise KeyError(f'the config has no {key}: regression is fitted on labelled images '
                           'apart from the test set (projects/comparison/README.md)')
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    model = load_model(cfg, checkpoint)
    metrics = _metrics(cfg)
    fit_metric = next(iter(_metrics(cfg).values()))
    _predict(model, cfg.regression_dataloader, [fit_metric])
    points, truth, visible = _unit_arrays(fit_metric)
    clips = _clips(fit_metric)
    named = points.shape == truth.shape and _evaluators(cfg)[0]['type'] == KINDS[0]
    chosen = [labelled_choice(len(points), len(points) if n == ALL else n) for n in labelled]
    maps = [(len(rows), _fit(points[rows], truth[rows], visible[rows], clips[rows], ridge, named))
            for rows in chosen]
    _predict(model, cfg.test_dataloader, list(metrics.values()))
    first, *others = metrics.items()
    if fit_metric.joint_names != first[1].joint_names:
        raise ValueError(f'regression_dataloader labels {", ".join(fit_metric.joint_names)}; the '
                         f'test set {", ".join(first[1].joint_names)}')
    norm_joints = first[1].norm_joints
    return dict(rows=_rows(first[1], maps),
                norm_joints=None if norm_joints is None else list(norm_joints),
                also={prefix: _rows(metric, maps) for prefix, metric in others},
                num_points=points.shape[1], num_unknowns=2 * points.shape[1] + 1,
                num_test_images=len(first[1].labelled(first[1].results)),
                num_fit_images=len(points), ridge=ridge, checkpoint=latest_checkpoint(checkpoint))


def format_regression(result: dict) -> str:
    """The table of :func:`regress_checkpoint`'s result: a column for each of the metrics."""
    columns = [result['rows'], *result['also'].values()]
    lines = [f'regressed on n labelled images out of {result["num_fit_images"]}, '
             f'{result["num_test_images"]} test images; {result["num_points"]} points, '
             f'{result["num_unknowns"]} unknowns a coordinate, ridge {result["ridge"]}',
             'mean distance in ' + ' | '.join(rows[0]['unit'] for rows in columns),
             f'  {"n labelled":>10}{"error":>9}']
    for number, row in enumerate(result['rows']):
        remark = '' if row['determined'] else '  not determined: the map of least norm'
        if result['ridge'] == CROSS_VALIDATED:
            remark = f'  ridge {row["ridge"]:g}'
        errors = ''.join(f'{rows[number]["error"]:>9.2f}' for rows in columns)
        lines.append(f'  {row["n"]:>10}{errors}{remark}')
    return '\n'.join(lines)


def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    parser.add_argument('config', help='config file of the checkpoint')
    parser.add_argument('checkpoint', help='checkpoint file, or the last_checkpoint file of a '
                        'work directory')
    parser.add_argument('--labelled', nargs='+', default=['50', '500'], metavar='N',
                        help="numbers of labelled images; 'all' takes every one (default: 50 500)")
    parser.add_argument('--ridge', type=ridge_choice, default=0.0, metavar='R',
                        help='weight of the squared norm of the map; 0: plain least squares; cv: '
                        'chosen by cross-validation over the folders of the labelled images')
    parser.add_argument('--out', help='json file for the result')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
                        help='override config entries')
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    cfg = read_config(args.config)
    merge_options(cfg, args.cfg_options)
    result = regress_checkpoint(cfg, args.checkpoint, labelled_counts(args.labelled), args.ridge)
    result['config'] = args.config
    print(format_regression(result))
    if args.out is not None:
        mmengine.dump(result, args.out, indent=2)


if __name__ == '__main__':
    run_tool(main, parse_args())
