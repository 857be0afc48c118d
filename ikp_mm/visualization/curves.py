"""Curves: of one run, from the JSON lines that MMEngine writes, and of keypoint scores."""
from __future__ import annotations

import json
import math
import os
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# Okabe and Ito's colours: told apart by colour-blind readers too.
PALETTE = ('#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#000000')
DISTANCES = ('direct', 'flip_corrected', 'flip_aware', 'regressed')
BASELINES = {'mean_pose': '--', 'box_mean_pose': '-.', 'nearest_prior': ':'}
DISCRIMINATOR_SCORES = ('d_real', 'd_fake')

Series = dict[str, tuple[list[float], list[float]]]


def read_scalars(path: str | os.PathLike) -> Series:
    """Every scalar of a run's ``vis_data/scalars.json``: key -> (steps, values).

    Values that are not numbers are left out.
    """
    series: Series = {}
    for line in Path(path).read_text(encoding='utf-8').splitlines():
        row = json.loads(line)
        for key, value in row.items():
            if isinstance(value, (int, float)) and math.isfinite(value) and key != 'step':
                steps, values = series.setdefault(key, ([], []))
                steps.append(row['step'])
                values.append(value)
    return series


def _last_part(key: str) -> str:
    return key.rsplit('/', 1)[-1]


def _select(series: Series, names: Collection[str]) -> Series:
    return {key: curve for key, curve in series.items() if _last_part(key) in names}


def _is_loss(name: str) -> bool:
    return name == 'loss' or name.startswith('loss_') or name.endswith('_loss')


def _within(series: Series, first: float, last: float) -> Series:
    """The part of each curve with first <= step < last."""
    cut = {}
    for key, (steps, values) in series.items():
        kept = [k for k, step in enumerate(steps) if first <= step < last]
        if kept:
            cut[key] = [steps[k] for k in kept], [values[k] for k in kept]
    return cut


def split_stages(series: Series) -> tuple[Series, Series]:
    """Losses before and from the first step with a discriminator score.

    Returns:
        tuple: losses of the prior stage, losses of the GAN stage. A run without discriminator
        scores has no GAN stage.
    """
    losses = {key: curve for key, curve in series.items() if _is_loss(_last_part(key))}
    scores = _select(series, DISCRIMINATOR_SCORES)
    if not scores:
        return losses, {}
    start = min(steps[0] for steps, _ in scores.values())
    # MMEngine goes on logging the last value of a loss of the first stage during the second: a
    # curve of equal values is left out.
    gan = {key: (steps, values)
           for key, (steps, values) in _within(losses, start, math.inf).items()
           if len(values) == 1 or len(set(values)) > 1}
    return _within(losses, -math.inf, start), gan


def _plot(axes: Axes, series: Series) -> None:
    for number, (key, (steps, values)) in enumerate(series.items()):
        # A curve of one point would be invisible as a line.
        axes.plot(steps, values, color=PALETTE[number % len(PALETTE)], linewidth=1.6,
                  marker='o' if len(steps) < 25 else None, markersize=3.5,
                  label=_last_part(key))


def _plot_losses(axes: Axes, losses: Series) -> None:
    _plot(axes, losses)
    if all(value > 0 for _, values in losses.values() for value in values):
        axes.set_yscale('log')


def _plot_distances(axes: Axes, distances: Series, baselines: Series) -> None:
    _plot(axes, distances)
    for key, (_, values) in baselines.items():
        # Constant over a run: labels and prior do not change.
        name = _last_part(key)
        axes.axhline(values[-1], color='#777777', linestyle=BASELINES[name], linewidth=1.4,
                     label=f'{name} {values[-1]:.1f}')
    axes.set_ylim(bottom=0)


def _new_figure(width: float, height: float) -> Figure:
    # Without pyplot: a notebook that imports this keeps its own backend.
    figure = Figure(figsize=(width, height), dpi=110, layout='constrained')
    FigureCanvasAgg(figure)
    return figure


def _finish(axes: Axes, title: str, x_label: str, y_label: str, legend_columns: int = 1) -> None:
    axes.set_title(title, fontsize=11, loc='left')
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.grid(True, color='#dddddd', linewidth=0.6)
    axes.spines[['top', 'right']].set_visible(False)
    axes.legend(fontsize=8, frameon=False, ncols=legend_columns)


def _save(figure: Figure, path: str | os.PathLike) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def plot_curves(scalars_json_path: str | os.PathLike, out_png: str | os.PathLike) -> None:
    """Draw the panels a run has values for: losses of the prior stage, losses of the GAN stage,
    discriminator scores, validation error with its baselines, label-free score.

    Args:
        scalars_json_path: ``<work_dir>/<time>/vis_data/scalars.json``.
        out_png: picture to write; its folder is made.

    Raises:
        ValueError: the file has none of these values.
    """
    series = read_scalars(scalars_json_path)
    prior_losses, gan_losses = split_stages(series)
    scores = _select(series, DISCRIMINATOR_SCORES)
    distances = _select(series, DISTANCES)
    baselines = _select(series, BASELINES)
    label_free = _select(series, ('score', ))
    panels = [panel for panel in (
        ('Losses, stage one: η on the prior' if gan_losses else 'Losses', 'loss', _plot_losses,
         prior_losses),
        ('Losses, stage two: GAN', 'loss', _plot_losses, gan_losses),
        ('Discriminator scores', 'mean score', _plot, scores),
        ('Validation: keypoint distance', 'distance (unit of the metric)',
         lambda axes, found: _plot_distances(axes, found, baselines), distances),
        ('Label-free score (higher is better)', 'score', _plot, label_free)) if panel[-1]]
    if not panels:
        raise ValueError(f'{scalars_json_path} has no losses, scores or distances; its keys: '
                         f'{", ".join(sorted(series))}')
    columns = min(len(panels), 2 if len(panels) <= 4 else 3)
    lines = math.ceil(len(panels) / columns)
    figure = _new_figure(6.4 * columns, 3.7 * lines)
    grid = figure.subplots(lines, columns, squeeze=False)
    for axes, (title, label, plot, curves) in zip(grid.flat, panels):
        plot(axes, curves)
        _finish(axes, title, 'iteration', label, legend_columns=2)
    for axes in grid.flat[len(panels):]:
        axes.set_visible(False)
    _save(figure, out_png)


def plot_failure_prediction(path: str | os.PathLike, title: str, threshold: float,
                            bins: Sequence[np.ndarray], coverage: np.ndarray, risk: np.ndarray,
                            best: np.ndarray) -> None:
    """Draw share of right joints against score, and mean error against the share of joints kept.

    Args:
        path: picture to write; its folder is made.
        title: of the whole picture.
        threshold: percent of the image side; a joint whose error is larger is wrong.
        bins: edges (B + 1,), counts (B,), mean scores (B,) and shares of right joints (B,), the
            last two NaN where the count is 0.
        coverage: (M,) share of joints kept.
        risk: (M,) their mean error, percent of the image side, when the surest are kept.
        best: (M,) the same when those of smallest error are kept.
    """
    figure = _new_figure(11.4, 4.4)
    figure.suptitle(title, fontsize=11)
    left, right = figure.subplots(1, 2)
    edges, counts, mean_score, right_share = bins
    left.bar((edges[:-1] + edges[1:]) / 2, counts / counts.sum(), width=np.diff(edges),
             color='#e2e2e2', edgecolor='white', label='share of joints')
    left.plot([0, 1], [0, 1], color='#777777', linestyle='--', linewidth=1.2,
              label='score = probability')
    left.plot(mean_score[counts > 0], right_share[counts > 0], color=PALETTE[0], marker='o',
              markersize=4.5, linewidth=1.6, label='right')
    left.set(xlim=(0, 1), ylim=(0, 1))
    _finish(left, f'Calibration: error at most {threshold:g} % of the side', 'keypoint score',
            'share')
    right.plot(100 * coverage, risk, color=PALETTE[0], linewidth=1.8, label='surest by score')
    right.plot(100 * coverage, best, color=PALETTE[2], linewidth=1.4, linestyle=':',
               label='smallest true errors (oracle)')
    right.axhline(risk[-1], color='#777777', linestyle='--', linewidth=1.2,
                  label=f'all joints {risk[-1]:.2f}')
    right.set_xlim(0, 100)
    right.set_ylim(bottom=0)
    _finish(right, 'Rejection: mean error of the joints kept', 'joints kept, percent',
            'error, percent of the side')
    for axes in (left, right):
        axes.set_axisbelow(True)
    _save(figure, path)
