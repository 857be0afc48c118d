"""The tables of a study: rows x modes, the baselines, what each row cost, which code made it."""
from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from projects.comparison.figures import (MISSING, Entry, by_mode, distance_entries, markdown_table,
                                         notes, regression_entries)
from projects.comparison.published import UNITS

from .study import Study, StudyRow

WHOLE = 'all'


def study_tables(study: Study, results: Mapping[str, dict], current: Container[str]) -> str:
    """Markdown of all tables of a study, one a group.

    Args:
        study: the study.
        results: row name -> its json, of the rows that have one.
        current: names of the rows whose json is of today's configuration; others are marked.

    Raises:
        ValueError: rows of one group in several units.
    """
    return '\n\n'.join('\n'.join(_group_table(study, group, results, current))
                       for group in study.groups)


def _group_table(study: Study, group: str, results: Mapping[str, dict], current: Container[str]
                 ) -> list[str]:
    rows = [row for row in study.rows if row.group == group]
    done = {row.label: row for row in rows if row.name in results}
    entries = [entry for entry in _group_entries(list(done.values()), results)
               if entry.mode in study.metrics]
    header, lines = by_mode(entries, WHOLE)
    body, hosts, meaning = [], {}, ''
    for method, *line in lines:
        costs = [MISSING] * 3
        if method in done:
            name = done[method].name
            result = results[name]
            costs = [str(result['iterations']), f'{result["minutes"]:.1f}', str(result['seed'])]
            hosts.setdefault(_made_by(result), []).append(name)
            if name not in current:
                meaning = ' §: kept from another configuration of the row.'
                method = f'{method} §'
        body.append([method, *line, *costs])
    unit = f', {UNITS.get(entries[0].unit, entries[0].unit)}' if entries else ''
    return [f'### {study.groups[group]}{unit}', '',
            *markdown_table(['row', *header[1:], 'iterations', 'minutes', 'seed'], body), '',
            notes(entries) + meaning,
            *(f'- {host}: {", ".join(names)}.' for host, names in hosts.items()),
            *(f'- {row.name}: not run yet.' for row in rows if row.name not in results)]


def _made_by(result: Mapping) -> str:
    """Commit and machine of a row."""
    host = result['machine']
    return (f'commit {result["commit"][:10]}{" with changes" if result["dirty"] else ""}, '
            f'{host["usable_cpus"]} of {host["cpus"]} CPUs, {host["threads"]} threads, '
            f'{host["gpu"] or "no GPU"}, torch {host["torch"]}')


def _group_entries(rows: Sequence[StudyRow], results: Mapping[str, dict]) -> list[Entry]:
    """All rows' figures, then the baselines of those that were scored on the whole test set: a row
    that fitted a map on some of its images has others."""
    entries, baselines = [], []
    for row in rows:
        distance, regress = results[row.name]['distance'], results[row.name]['regress']
        found = distance_entries(distance, (WHOLE,), row.label, row.supervised)
        entries += [entry for entry in found if not entry.run]
        if distance['n_regress'] is None:
            baselines += [entry for entry in found if entry.run]
        if regress:
            entries += regression_entries(regress, (WHOLE,), row.label)
    units = {entry.unit for entry in entries + baselines}
    if len(units) > 1:
        raise ValueError(f'rows {", ".join(row.name for row in rows)} are of one group but of '
                         f'several units: {", ".join(sorted(units))}')
    return entries + baselines
