"""Text of a distance evaluation, and the plain values saved as json."""
from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ..functional.keypoint_distance import Score

ROW_NOTES = {
    'direct': 'no label used',
    'flip_corrected': 'left/right decided by the offline regressor, no label used',
    'flip_aware': 'best left/right swap per image: uses the truth',
    'regressed': 'a linear map fitted on labelled images',
    'mean_pose': "baseline: the prior's mean pose",
    'box_mean_pose': 'baseline, oracle: mean pose fitted to the true box',
    'nearest_prior': 'baseline, oracle: nearest prior pose',
}


def _cell(value: float | None) -> str:
    return '–' if value is None or not math.isfinite(value) else f'{value:.2f}'


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """First column to the left, the others to the right."""
    widths = [max(len(line[i]) for line in (header, *rows)) for i in range(len(header))]
    return ['  ' + '  '.join(cell.ljust(width) if i == 0 else cell.rjust(width)
                             for i, (cell, width) in enumerate(zip(line, widths))).rstrip()
            for line in (header, *rows)]


def format_report(title: str, scores: Mapping[str, Score], joints: Sequence[str],
                  remarks: Sequence[str]) -> str:
    """A table of the rows, remarks, a table of the groups (if several), one of the joints.

    ``scores`` are by row name, ``joints`` the names of the K joints; those without a number in any
    row are left out.
    """
    lines = [title]
    width = max(len(name) for name in scores)
    for name, score in scores.items():
        lines.append(f'  {name.ljust(width)}  {_cell(score.mean):>7}  {ROW_NOTES[name]}')
    lines += [f'  {remark}' for remark in remarks]
    groups = next(iter(scores.values())).per_group
    if len(groups) > 1:
        lines += _table(['per group', *scores], [
            [group, *(_cell(score.per_group[group]) for score in scores.values())]
            for group in groups])
    lines += _table(['per joint', *scores], [
        [joint, *(_cell(float(score.per_joint[k])) for score in scores.values())]
        for k, joint in enumerate(joints)
        if any(math.isfinite(score.per_joint[k]) for score in scores.values())])
    return '\n'.join(lines)


def scores_to_plain(scores: Mapping[str, Score], joints: Sequence[str]) -> dict:
    """``results``, ``per_group`` and ``per_joint`` as plain values; a missing number is None."""
    return dict(
        results={name: score.mean for name, score in scores.items()},
        per_group={name: score.per_group for name, score in scores.items()},
        per_joint={name: {joint: (float(value) if math.isfinite(value) else None)
                          for joint, value in zip(joints, score.per_joint)}
                   for name, score in scores.items()})
