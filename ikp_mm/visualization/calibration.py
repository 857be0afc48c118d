"""Curves of keypoint scores: calibration, and the mean error of the surest joints."""
from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .curves import PALETTE


def _calibration_panel(axes: Axes, edges: np.ndarray, counts: np.ndarray, mean_score: np.ndarray,
                       right: np.ndarray) -> None:
    share = counts / counts.sum()
    axes.bar((edges[:-1] + edges[1:]) / 2, share, width=np.diff(edges), color='#e2e2e2',
             edgecolor='white', label='share of joints')
    axes.plot([0, 1], [0, 1], color='#777777', linestyle='--', linewidth=1.2,
              label='score = probability')
    filled = counts > 0
    axes.plot(mean_score[filled], right[filled], color=PALETTE[0], marker='o', markersize=4.5,
              linewidth=1.6, label='right')
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)


def _rejection_panel(axes: Axes, coverage: np.ndarray, risk: np.ndarray,
                     best: np.ndarray) -> None:
    axes.plot(100 * coverage, risk, color=PALETTE[0], linewidth=1.8, label='surest by score')
    axes.plot(100 * coverage, best, color=PALETTE[2], linewidth=1.4, linestyle=':',
              label='smallest true errors (oracle)')
    axes.axhline(risk[-1], color='#777777', linestyle='--', linewidth=1.2,
                 label=f'all joints {risk[-1]:.2f}')
    axes.set_xlim(0, 100)
    axes.set_ylim(bottom=0)


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
    # Without pyplot: a notebook that imports this keeps its own backend.
    figure = Figure(figsize=(11.4, 4.4), dpi=110, layout='constrained')
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=11)
    left, right = figure.subplots(1, 2)
    _calibration_panel(left, *bins)
    left.set_title(f'Calibration: error at most {threshold:g} % of the side', fontsize=11,
                   loc='left')
    left.set_xlabel('keypoint score')
    left.set_ylabel('share')
    _rejection_panel(right, coverage, risk, best)
    right.set_title('Rejection: mean error of the joints kept', fontsize=11, loc='left')
    right.set_xlabel('joints kept, percent')
    right.set_ylabel('error, percent of the side')
    for axes in (left, right):
        axes.grid(True, color='#dddddd', linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[['top', 'right']].set_visible(False)
        axes.legend(fontsize=8, frameon=False)
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target)
