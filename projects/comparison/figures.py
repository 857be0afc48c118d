"""Published rows beside the figures of runs, as tables in which no two modes share a column.

A figure without a label touched, one after a fit on n labelled images and one of a supervised
network are different things: each mode has a column of its own, as has each n, and a table has one
unit.
"""
from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from ikp_mm.evaluation.functional.keypoint_distance import UNIT_NAMES

from .published import MODES, UNITS, PublishedDataset, PublishedRow

MISSING = '–'
UNVERIFIED = '(?)'
UNDETERMINED = '*'
# Rows of the distance metric that look at no image; the second kind is fitted to the truth.
BASELINES = {'mean_pose': 'mean pose of the prior', 'box_mean_pose': 'mean pose in the true box',
             'nearest_prior': 'nearest prior pose'}
# A regression fitted on the first images of the test set is another thing than one fitted on
# training images.
COLUMN_TITLES = {**MODES, 'regressed_test': 'regressed on test images',
                 'baseline': 'baseline (no image)', 'oracle': 'oracle (uses the truth)'}
BASELINE_COLUMNS = {'mean_pose': 'baseline', 'box_mean_pose': 'oracle', 'nearest_prior': 'oracle'}
# Pairs of joints whose distance the literature calls inter-ocular: names of face68, and of MMPose.
OUTER_EYE_CORNERS = ({'right_eye_outer', 'left_eye_outer'}, {'kpt-36', 'kpt-45'})


@dataclass(frozen=True)
class Entry:
    """One method's figures in one mode.

    Attributes:
        method: text of the first column.
        mode: key of :data:`COLUMN_TITLES`.
        unit: key of ``published.UNITS``, or the words of another unit.
        values: column of the data set -> figure or None.
        n: labelled images of a regression, None when not stated.
        verified: False marks a published row that was not checked.
        run: of a baseline, the run whose test set and prior it is of.
        determined: False marks a regression with fewer images than unknowns.
    """

    method: str
    mode: str
    unit: str
    values: Mapping[str, Optional[float]]
    n: Optional[int] = None
    verified: bool = True
    run: str = ''
    determined: bool = True

    @property
    def column(self) -> tuple[str, int]:
        """Which column of a table it stands in; n = 0 stands for one not stated."""
        return self.mode, self.n or 0

    def cell(self, part: str) -> str:
        """Text of its figure for one part of the data set."""
        text = format_cell(self.values.get(part))
        return text if self.determined or text == MISSING else f'{text} {UNDETERMINED}'


def column_title(column: tuple[str, int]) -> str:
    """Heading of a mode's column."""
    mode, n = column
    if mode == 'regressed_test':
        return f'{COLUMN_TITLES[mode]} (n = {n})'
    if mode == 'regressed':
        return f'regressed (n = {n})' if n else 'regressed (n not stated)'
    return COLUMN_TITLES[mode]


def column_order(column: tuple[str, int]) -> tuple[int, int]:
    """Sort key of columns: modes in the order of :data:`COLUMN_TITLES`, then n."""
    return list(COLUMN_TITLES).index(column[0]), column[1]


def format_cell(value: Optional[float]) -> str:
    """Two decimals; a dash for a figure that is not there."""
    return MISSING if value is None or not math.isfinite(value) else f'{value:.2f}'


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a Markdown table, first column to the left, the others to the right."""
    rule = ['---'] + ['---:'] * (len(header) - 1)
    return ['| ' + ' | '.join(cell.replace('|', '\\|') for cell in line) + ' |'
            for line in (header, rule, *rows)]


# ------------------------------------------------------------------ reading

def unit_key(unit: str, norm_joints: Optional[Sequence[str]] = None) -> str:
    """Key of ``published.UNITS`` for a unit as a run's json writes it, or words of its own.

    A distance between two joints is comparable with published figures only when the file says
    which joints: the outer eye corners are ``'inter_ocular'``.
    """
    key = {words: key for key, words in UNIT_NAMES.items()}.get(unit, unit)
    if key != 'keypoint_distance':
        return key
    if not norm_joints:
        return f'{UNIT_NAMES[key]} (not said which)'
    if set(norm_joints) in OUTER_EYE_CORNERS:
        return 'inter_ocular'
    return f'percent of the distance from {norm_joints[0]} to {norm_joints[1]}'


def read_run(path: Path | str, columns: Sequence[str], method: str,
             supervised: bool = False) -> list[Entry]:
    """Figures of one json: of ``KeypointDistanceMetric.out_file`` or of regress.py.

    Args:
        path: the file.
        columns: of the data set; the first is the whole, others are looked for among the run's
            groups, in either case of letters.
        method: what the run is called in the table.
        supervised: the network was trained with labels, so its direct figure is that of a
            supervised method.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the json is of neither kind.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f'{path} is missing: tools/test.py writes keypoint_distance.json, '
                                'projects/comparison/regress.py --out its own')
    content = json.loads(path.read_text(encoding='utf-8'))
    if 'results' in content and 'unit' in content:
        return distance_entries(content, columns, method, supervised)
    if 'rows' in content and all({'n', 'error', 'unit'} <= set(row) for row in content['rows']):
        return regression_entries(content, columns, method)
    raise ValueError(f'{path}: neither the json of KeypointDistanceMetric (unit, results) nor of '
                     f'regress.py (rows of n, error, unit); its keys are '
                     f'{", ".join(sorted(content))}')


def _values(whole: float, groups: Mapping[str, float], columns: Sequence[str]) -> dict:
    by_name = {group.lower(): error for group, error in groups.items()}
    return {columns[0]: whole,
            **{column: by_name.get(column.lower()) for column in columns[1:]}}


def distance_entries(content: Mapping, columns: Sequence[str], method: str,
                     supervised: bool = False) -> list[Entry]:
    """Entries of ``KeypointDistanceMetric``'s json; of a supervised run its direct figure alone.

    Raises:
        ValueError: a row of the json is of no known mode.
    """
    unit = unit_key(content['unit'], content.get('norm_joints'))
    entries = []
    for name, whole in content['results'].items():
        values = _values(whole, content.get('per_group', {}).get(name, {}), columns)
        if name in BASELINES:
            entries.append(Entry(BASELINES[name], BASELINE_COLUMNS[name], unit, values,
                                 run=method))
        elif name == 'regressed':
            entries.append(Entry(method, 'regressed_test', unit, values, n=content['n_regress']))
        elif name not in MODES:
            raise ValueError(f'{method}: row {name!r} of the json is of no known mode')
        elif not supervised:
            entries.append(Entry(method, name, unit, values))
        elif name == 'direct':
            entries.append(Entry(method, 'supervised', unit, values))
    return entries


def regression_entries(content: Mapping, columns: Sequence[str], method: str) -> list[Entry]:
    """Entries of the json of regress.py."""
    return [Entry(method, 'regressed', unit_key(row['unit'], content.get('norm_joints')),
                  _values(row['error'], row.get('per_group', {}), columns), n=row['n'],
                  determined=row.get('determined', True)) for row in content['rows']]


def published_entries(rows: Sequence[PublishedRow], dataset: str) -> list[Entry]:
    """The published rows of one data set."""
    return [Entry(row.method, row.mode, row.unit, row.values, verified=row.verified)
            for row in rows if row.dataset == dataset]


# ------------------------------------------------------------------ tables

def _method(entry: Entry) -> str:
    return entry.method if entry.verified else f'{entry.method} {UNVERIFIED}'


def by_mode(entries: Sequence[Entry], part: str) -> tuple[list[str], list[list[str]]]:
    """One row a method, one column a mode.

    Returns:
        (header, rows): texts.

    Raises:
        ValueError: two different figures for one cell.
    """
    modes = sorted({entry.column for entry in entries}, key=column_order)
    rows: dict[str, dict[tuple[str, int], str]] = {}
    for entry in entries:
        method, text = _method(entry), entry.cell(part)
        # Runs of one test set and one prior share their baselines; others show their own.
        if entry.run and rows.get(method, {}).get(entry.column, text) != text:
            method = f'{method}, {entry.run}'
        cells = rows.setdefault(method, {})
        if cells.setdefault(entry.column, text) != text:
            raise ValueError(f'{method}: two figures for {column_title(entry.column)}, '
                             f'{cells[entry.column]} and {text}; name the runs apart '
                             '(NAME=RESULT.json)')
    return (['method', *map(column_title, modes)],
            [[method, *(cells.get(mode, MISSING) for mode in modes)]
             for method, cells in rows.items()])


def notes(entries: Sequence[Entry]) -> str:
    """What the marks in a table of these entries mean."""
    lines = [f'{MISSING}: no figure at hand.']
    if not all(entry.verified for entry in entries):
        lines.append(f'{UNVERIFIED}: not verified.')
    if not all(entry.determined for entry in entries):
        lines.append(f'{UNDETERMINED}: fewer labelled images than unknowns; of the maps that fit '
                     'them exactly the one of least norm.')
    return ' '.join(lines)


def compare(dataset: PublishedDataset, entries: Sequence[Entry]) -> str:
    """Markdown: per unit one table of all modes, then one table a mode of all parts.

    Args:
        dataset: gives title and parts.
        entries: published and own, in the order of the rows.
    """
    lines = [f'## {dataset.title}']
    whole = dataset.columns[0]
    for unit in dict.fromkeys(entry.unit for entry in entries):
        some = [entry for entry in entries if entry.unit == unit]
        words = UNITS.get(unit, unit)
        lines += ['', f'### {whole}, {words}', '', *markdown_table(*by_mode(some, whole))]
        for mode in sorted({entry.column for entry in some}, key=column_order):
            rows = [[_method(entry), *(entry.cell(part) for part in dataset.columns)]
                    for entry in some if entry.column == mode]
            # A table that would say nothing but the column above is left out.
            if any(cell != MISSING for row in rows for cell in row[2:]):
                lines += ['', f'### {column_title(mode)}, {words}', '',
                          *markdown_table(['method', *dataset.columns], rows)]
    return '\n'.join([*lines, '', notes(entries)])
