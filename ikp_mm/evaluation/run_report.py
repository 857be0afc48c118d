"""What a finished run leaves behind: one json, one picture of its curves, a few lines of text."""
from __future__ import annotations

import json
from pathlib import Path

from scipy.stats import spearmanr

from ikp_mm.io.checkpoint_file import latest_checkpoint, load_plain
from ikp_mm.io.sessions import session_logs

from ..visualization import plot_curves
from ..visualization.curves import read_scalars

RESULTS = ('direct', 'flip_corrected', 'flip_aware', 'mean_pose', 'box_mean_pose', 'nearest_prior')


def gather_scalars(work_dir: Path) -> Path:
    """Join the JSON logs of a run's sessions, in order, into ``<work_dir>/scalars.json``.

    A resumed run logs from its checkpoint on; lines that a later session wrote again are dropped
    from the earlier one, and so is a last line without an end, as a killed process leaves it.

    Raises:
        FileNotFoundError: no session has logged anything.
        ValueError: a log is cut off or damaged.
    """
    sessions = session_logs(work_dir)
    if not sessions:
        raise FileNotFoundError(f'{work_dir}: no */vis_data/scalars.json; has training run?')
    lines: list[dict] = []
    for session in sessions:
        try:
            text = session.read_text()
            new = [json.loads(line) for line in text[:text.rfind('\n') + 1].splitlines()]
        except json.JSONDecodeError as error:
            raise ValueError(f'{session} holds a line that is no JSON: {error}') from error
        if not new:
            continue
        first = min(line['step'] for line in new)
        lines = [line for line in lines if line['step'] < first] + new
    if not lines:
        raise FileNotFoundError(f'{work_dir}: its logs hold no whole line')
    joined = work_dir / 'scalars.json'
    joined.write_text('\n'.join(json.dumps(line) for line in lines) + '\n')
    return joined


def validation_series(scalars: Path, key: str) -> dict[int, float]:
    """Step -> value of every logged line that holds ``key``."""
    return dict(zip(*read_scalars(scalars).get(key, ([], []))))


def label_free_correlation(scalars: Path) -> tuple[float, int] | None:
    """Spearman correlation of the label-free score with minus the true direct error.

    Returns:
        (correlation, number of validations): 1 when the score ranks all checkpoints as the error
        does; None with fewer than three validations, where a rank correlation says nothing.
    """
    score = validation_series(scalars, 'label_free/score')
    error = validation_series(scalars, 'keypoint_distance/direct')
    steps = sorted(score.keys() & error.keys())
    if len(steps) < 3:
        return None
    found = spearmanr([score[step] for step in steps], [-error[step] for step in steps])
    return float(found.statistic), len(steps)


def _rows(metrics: dict) -> dict[str, float]:
    """Rows of the distance metric, or the label-free figures of a test without labels."""
    for prefix in ('keypoint_distance/', 'label_free/'):
        rows = {key[len(prefix):]: round(value, 3) for key, value in metrics.items()
                if key.startswith(prefix)}
        if rows:
            # best_symmetry uses the truth and is a diagnosis, no result.
            return {name: rows[name] for name in RESULTS if name in rows} or rows
    raise KeyError(f'neither keypoint_distance/* nor label_free/* among {sorted(metrics)}')


def write_report(work_dir: Path, metrics_file: Path) -> list[str]:
    """Write ``result.json`` and ``curves.png`` into ``work_dir``; returns lines to print.

    ``result.json``: the metric's rows (or, where nothing is labelled, the label-free figures) and
    their ``unit``, ``minutes`` of training (all sessions of the run together), ``seed``,
    ``iterations`` and ``checkpoint``.

    Args:
        work_dir: of a run that was trained and tested.
        metrics_file: what ``tools/test.py --out`` wrote.

    Raises:
        FileNotFoundError: a file of the run is missing, named.
        KeyError: the metrics hold no row of either kind.
    """
    for needed in (work_dir / 'last_checkpoint', metrics_file):
        if not needed.is_file():
            raise FileNotFoundError(f'{needed} is missing: train, then test, then report')
    checkpoint_file = latest_checkpoint(work_dir / 'last_checkpoint')
    checkpoint = load_plain(checkpoint_file)
    metrics = json.loads(metrics_file.read_text())
    rows = _rows(metrics)
    unit = 'label-free figures'
    if any(key.startswith('keypoint_distance/') for key in metrics):
        unit = json.loads((work_dir / 'keypoint_distance.json').read_text())['unit']
    seconds = checkpoint['message_hub']['runtime_info']['train_seconds']
    result = dict(rows, unit=unit, minutes=round(seconds / 60, 1), seed=checkpoint['meta']['seed'],
                  iterations=checkpoint['meta']['iter'], checkpoint=checkpoint_file)
    scalars = gather_scalars(work_dir)
    plot_curves(scalars, work_dir / 'curves.png')

    lines = [f'test set, {unit} '
             f'(seed {result["seed"]}, {result["minutes"]} minutes of training):']
    lines += [f'  {name:15s}{value:7.2f}' for name, value in rows.items()]
    watched = 'keypoint_distance/direct' if 'direct' in rows else 'label_free/score'
    lines.append(f'{watched} on validation frames against training iterations:')
    lines += [f'  {step:6d}  {value:6.2f}'
              for step, value in validation_series(scalars, watched).items()]
    correlation = label_free_correlation(scalars)
    if correlation is not None:
        result['label_free_rank_correlation'] = round(correlation[0], 3)
        lines.append(f'rank correlation of the label-free score with the true error over '
                     f'{correlation[1]} validations: {correlation[0]:.2f} (1: same order)')
    (work_dir / 'result.json').write_text(json.dumps(result, indent=2) + '\n')
    return lines
