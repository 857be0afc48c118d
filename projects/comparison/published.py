"""Published rows: what others report, each figure with its source.

The figures lie in ``published.json`` beside this file. A figure enters it only with the source it
was read from; ``verified`` says that it was read there by whoever entered it. A figure that is not
at hand is null and prints as a dash: never from memory, never read off a bar chart.
"""
from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Optional

PUBLISHED_FILE = Path(__file__).with_name('published.json')

MODES = {
    'supervised': 'supervised',
    'direct': 'direct',
    'flip_corrected': 'flip-corrected',
    'flip_aware': 'flip-aware',
    'regressed': 'regressed',
    'unknown': 'mode not stated',
}
UNITS = {
    'image_side': 'percent of the image side',
    'pixels': 'pixels of the original frame',
    'inter_ocular': 'percent of the distance of the outer eye corners',
    'inter_pupil': 'percent of the distance of the pupils',
}


@dataclass(frozen=True)
class PublishedDataset:
    """A data set that figures are published on.

    Attributes:
        title: what a table is headed with.
        columns: parts that are reported apart (activities, subsets); the first is the whole.
    """

    title: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class PublishedRow:
    """What one source says of one method on one data set, scored in one mode.

    Attributes:
        dataset: key of the data set.
        method: as it is called in the literature, with its year where needed.
        mode: key of :data:`MODES`; ``'unknown'`` when the source does not say.
        unit: key of :data:`UNITS`.
        verified: the figures were read in ``source`` by whoever entered them.
        values: column -> figure, None where none is at hand; every column of the data set.
        source: where the figures were read, or why there are none.
    """

    dataset: str
    method: str
    mode: str
    unit: str
    verified: bool
    values: Mapping[str, Optional[float]]
    source: str


def _check_keys(what: str, given: Mapping, expected: tuple[str, ...]) -> None:
    wrong = sorted(set(given) ^ set(expected))
    if wrong:
        raise ValueError(f'{what}: its keys must be {", ".join(expected)}; wrong or missing: '
                         f'{", ".join(wrong)}')


def _row(what: str, raw: Mapping, datasets: Mapping[str, PublishedDataset]) -> PublishedRow:
    _check_keys(what, raw, tuple(field.name for field in fields(PublishedRow)))
    what = f'{what} ({raw["method"]}, {raw["dataset"]})'
    for key, known in (('dataset', datasets), ('mode', MODES), ('unit', UNITS)):
        if raw[key] not in known:
            raise ValueError(f'{what}: {key} must be one of {", ".join(known)}, got {raw[key]!r}')
    for key in ('method', 'source'):
        if not isinstance(raw[key], str) or not raw[key].strip():
            raise ValueError(f'{what}: {key} must be a text, got {raw[key]!r}')
    if not isinstance(raw['verified'], bool):
        raise ValueError(f'{what}: verified must be true or false, got {raw["verified"]!r}')
    _check_keys(f'{what}: values', raw['values'], datasets[raw['dataset']].columns)
    for column, value in raw['values'].items():
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if value is not None and not (number and math.isfinite(value) and value >= 0):
            raise ValueError(f'{what}: {column} must be a number >= 0 or null, got {value!r}')
    if raw['verified'] and all(value is None for value in raw['values'].values()):
        raise ValueError(f'{what}: verified, but it has no figure')
    return PublishedRow(**{**raw, 'values': dict(raw['values'])})


def load_published(path: Path | str = PUBLISHED_FILE
                   ) -> tuple[dict[str, PublishedDataset], list[PublishedRow]]:
    """Read and check the file.

    Returns:
        (data sets by key, rows in the file's order).

    Raises:
        ValueError: wrong keys, an unknown data set, mode or unit, a value that is no number, a
            verified row without a figure, two rows for one method, mode and unit. Names the row.
    """
    raw = json.loads(Path(path).read_text(encoding='utf-8'))
    _check_keys(str(path), raw, ('datasets', 'rows'))
    datasets = {}
    for key, entry in raw['datasets'].items():
        _check_keys(f'{path}: datasets.{key}', entry, ('title', 'columns'))
        datasets[key] = PublishedDataset(entry['title'], tuple(entry['columns']))
    rows = [_row(f'{path}: row {index}', entry, datasets)
            for index, entry in enumerate(raw['rows'])]
    seen = set()
    for row in rows:
        identity = (row.dataset, row.method, row.mode, row.unit)
        if identity in seen:
            raise ValueError(f'{path}: two rows for {" / ".join(identity)}')
        seen.add(identity)
    return datasets, rows
