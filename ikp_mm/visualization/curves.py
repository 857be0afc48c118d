"""Curves of one run, from the JSON lines that MMEngine writes (``vis_data/scalars.json``)."""
from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from pathlib import Path

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
    """Every scalar of a run: key -> (steps, values). Values that are not numbers are left out.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file holds no line, or a line that is no JSON object with a ``step``.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f'{path} does not exist: point to the vis_data/scalars.json of a '
                                'work directory')
    series: Series = {}
    rows = 0
    for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(f'{path}, line {number} is no JSON: {error}') from error
        if not isinstance(row, dict) or 'step' not in row:
            raise ValueError(f"{path}, line {number} is no JSON object with a 'step'")
        rows += 1
        for key, value in row.items():
            if isinstance(value, (int, float)) and math.isfinite(value) and key != 'step':
                steps, values = series.setdefault(key, ([], []))
                steps.append(row['step'])
                values.append(value)
    if not rows:
        raise ValueError(f'{path} is empty: the run logged nothing (too short for the logger '
                         'hook\'s interval?)')
    return series


def _last_part(key: str) -> str:
    return key.rsplit('/', 1)[-1]


def _select(series: Series, wanted: Callable[[str], bool]) -> Series:
    return {key: curve for key, curve in series.items() if wanted(_last_part(key))}


def _is_loss(name: str) -> bool:
    return name == 'loss' or name.startswith('loss_') or name.endswith('_loss')


def _within(series: Series, first: float, last: float) -> Series:
    """The part of each curve with first <= step < last."""
    cut = {}
    for key, (steps, values) in series.items():
        kept = [(s, v) for s, v in zip(steps, values) if first <= s < last]
        if kept:
            cut[key] = ([s for s, _ in kept], [v for _, v in kept])
    return cut


def _without_stale(series: Series) -> Series:
    """MMEngine goes on logging the last value of a scalar that is no longer updated (a loss of
    the first stage during the second): a curve of equal values is left out."""
    return {key: (steps, values) for key, (steps, values) in series.items()
            if len(values) == 1 or len(set(values)) > 1}


def split_stages(series: Series) -> tuple[Series, Series]:
    """Losses before and from the first step with a discriminator score.

    Returns:
        tuple: losses of the prior stage, losses of the GAN stage. A run without discriminator
        scores has no GAN stage.
    """
    losses = _select(series, _is_loss)
    scores = _select(series, lambda name: name in DISCRIMINATOR_SCORES)
    if not scores:
        return losses, {}
    start = min(steps[0] for steps, _ in scores.values())
    return (_within(losses, -math.inf, start),
            _without_stale(_within(losses, start, math.inf)))


def _draw(axes: Axes, series: Series) -> None:
    for number, (key, (steps, values)) in enumerate(series.items()):
        # A curve of one point would be invisible as a line.
        axes.plot(steps, values, color=PALETTE[number % len(PALETTE)], linewidth=1.6,
                  marker='o' if len(steps) < 25 else None, markersize=3.5,
                  label=_last_part(key))


def _loss_panel(axes: Axes, losses: Series) -> None:
    _draw(axes, losses)
    if all(value > 0 for _, values in losses.values() for value in values):
        axes.set_yscale('log')


def _distance_panel(axes: Axes, distances: Series, baselines: Series) -> None:
    _draw(axes, distances)
    for key, (_, values) in baselines.items():
        # Constant over a run: labels and prior do not change.
        name = _last_part(key)
        axes.axhline(values[-1], color='#777777', linestyle=BASELINES[name], linewidth=1.4,
                     label=f'{name} {values[-1]:.1f}')
    axes.set_ylim(bottom=0)


def plot_curves(scalars_json_path: str | os.PathLike, out_png: str | os.PathLike) -> None:
    """Draw the panels a run has values for: losses of the prior stage, losses of the GAN stage,
    discriminator scores, validation error with its baselines, label-free score.

    Args:
        scalars_json_path: ``<work_dir>/<time>/vis_data/scalars.json``.
        out_png: picture to write; its folder is made.

    Raises:
        FileNotFoundError, ValueError: see :func:`read_scalars`; ValueError also when the file has
            none of these values.
    """
    series = read_scalars(scalars_json_path)
    prior_losses, gan_losses = split_stages(series)
    scores = _select(series, lambda name: name in DISCRIMINATOR_SCORES)
    distances = _select(series, lambda name: name in DISTANCES)
    baselines = _select(series, lambda name: name in BASELINES)
    label_free = _select(series, lambda name: name == 'score')
    panels: list[tuple[str, str, Callable[[Axes], None]]] = []
    if prior_losses:
        panels.append(('Losses, stage one: η on the prior' if gan_losses else 'Losses', 'loss',
                       lambda axes: _loss_panel(axes, prior_losses)))
    if gan_losses:
        panels.append(('Losses, stage two: GAN', 'loss',
                       lambda axes: _loss_panel(axes, gan_losses)))
    if scores:
        panels.append(('Discriminator scores', 'mean score', lambda axes: _draw(axes, scores)))
    if distances:
        panels.append(('Validation: keypoint distance', 'distance (unit of the metric)',
                       lambda axes: _distance_panel(axes, distances, baselines)))
    if label_free:
        panels.append(('Label-free score (higher is better)', 'score',
                       lambda axes: _draw(axes, label_free)))
    if not panels:
        raise ValueError(f'{scalars_json_path} has no losses, scores or distances; its keys: '
                         f'{", ".join(sorted(series))}')
    columns = min(len(panels), 2 if len(panels) <= 4 else 3)
    lines = math.ceil(len(panels) / columns)
    # Without pyplot: a notebook that imports this keeps its own backend.
    figure = Figure(figsize=(6.4 * columns, 3.7 * lines), dpi=110, layout='constrained')
    FigureCanvasAgg(figure)
    grid = figure.subplots(lines, columns, squeeze=False)
    for axes, (title, label, draw) in zip(grid.flat, panels):
        draw(axes)
        axes.set_title(title, fontsize=11, loc='left')
        axes.set_xlabel('iteration')
        axes.set_ylabel(label)
        axes.grid(True, color='#dddddd', linewidth=0.6)
        axes.spines[['top', 'right']].set_visible(False)
        axes.legend(fontsize=8, frameon=False, ncols=2)
    for axes in grid.flat[len(panels):]:
        axes.set_visible(False)
    target = Path(out_png)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target)
