"""The tables of a study: rows x modes, the baselines, what each row cost, which code made it."""
from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Optional

from projects.comparison.figures import (COLUMN_TITLES, MISSING, Entry, by_mode, distance_entries,
                                         format_cell, markdown_table, notes, regression_entries)
from projects.comparison.published import UNITS

from .study import STATES, Study, StudyRow

WHOLE = 'all'
# State of a row that is shown on demand -> its mark.
MARKS = {'stale': '†', 'changed': '§'}
DIRTY = '‡'
MEANINGS = {'†': 'kept from other code.', '§': 'kept from another configuration of the row.',
            DIRTY: 'run with changes that were not committed.'}


def study_tables(study: Study, states: Mapping[str, str], results: Mapping[str, Optional[dict]],
                 keep_stale: bool = False) -> str:
    """Markdown of all tables of a study, one a group.

    Args:
        study: the study.
        states: row name -> key of ``study.STATES``.
        results: row name -> its json, None when there is none.
        keep_stale: show rows of other code and of another configuration too, each marked; else
            they print dashes.

    Raises:
        ValueError: rows of one group in several units.
    """
    shown = ('done', *MARKS) if keep_stale else ('done',)
    kept = {name: result for name, result in results.items()
            if result is not None and states[name] in shown}
    groups = ([row for row in study.rows if row.group == group] for group in study.groups)
    return '\n\n'.join('\n'.join(_group_table(study, rows, states, kept))
                       for rows in groups if rows)


def _group_table(study: Study, rows: Sequence[StudyRow], states: Mapping[str, str],
                 results: Mapping[str, dict]) -> list[str]:
    entries = [entry for entry in _group_entries(rows, results) if entry.mode in study.metrics]
    header, lines = by_mode(entries, WHOLE)
    empty = [MISSING] * (len(header) - 1)
    extra = [metric for metric in study.metrics if metric not in COLUMN_TITLES]
    cells = {method: line for method, *line in lines}
    body, marked, hosts = [], '', {}
    for row in rows:
        result = results.get(row.name)
        marks, metrics, costs = '', {}, [MISSING] * 3
        if result is not None:
            marks = MARKS.get(states[row.name], '') + (DIRTY if result['dirty'] else '')
            metrics = result['metrics']
            costs = [str(result['iterations']), f'{result["minutes"]:.1f}', str(result['seed'])]
            hosts.setdefault(_made_by(result), []).append(row.name)
        marked += marks
        body.append([row.label + (f' {marks}' if marks else ''), *cells.pop(row.label, empty),
                     *(format_cell(metrics.get(name, math.nan)) for name in extra), *costs])
    body += [[method, *line, *[MISSING] * (len(extra) + 3)] for method, line in cells.items()]
    unit = f', {UNITS.get(entries[0].unit, entries[0].unit)}' if entries else ''
    header = ['row', *header[1:], *extra, 'iterations', 'minutes', 'seed']
    meanings = [f'{mark}: {meaning}' for mark, meaning in MEANINGS.items() if mark in marked]
    return [f'### {study.groups[rows[0].group]}{unit}', '', *markdown_table(header, body), '',
            ' '.join([notes(entries), *meanings]),
            *(f'- {host}: {", ".join(names)}.' for host, names in hosts.items()),
            *(f'- {row.name}: {states[row.name]}, {STATES[states[row.name]]}.' for row in rows
              if row.name not in results)]


def _made_by(result: Mapping) -> str:
    """Commit and machine of a row."""
    host = result['machine']
    return (f'commit {result["commit"][:10]}{" with changes" if result["dirty"] else ""}, '
            f'{host["usable_cpus"]} of {host["cpus"]} CPUs, {host["threads"]} threads, '
            f'{host["gpu"] or "no GPU"}, torch {host["torch"]}')


def _group_entries(rows: Sequence[StudyRow], results: Mapping[str, dict]) -> list[Entry]:
    """All rows' figures, then the baselines.

    Baselines come from the rows that were scored on the whole test set; a row that fitted a map on
    some of its images has others.
    """
    entries, baselines = [], {True: [], False: []}
    for row in rows:
        if row.name in results:
            result = results[row.name]
            whole = result['distance'].get('n_regress') is None
            found = distance_entries(result['distance'], (WHOLE,), row.label, row.supervised)
            if result['regress']:
                found += regression_entries(result['regress'], (WHOLE,), row.label)
            for entry in found:
                (baselines[whole] if entry.run else entries).append(entry)
    units = {entry.unit for entry in [*entries, *baselines[True], *baselines[False]]}
    if len(units) > 1:
        raise ValueError(f'rows {", ".join(row.name for row in rows)} are of one group but of '
                         f'several units: {", ".join(sorted(units))}')
    return entries + (baselines[True] or baselines[False])
