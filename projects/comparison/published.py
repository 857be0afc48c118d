"""Published rows: what others report, each figure with its source.

The figures lie in ``published.json`` beside this file. A figure enters it only with the source it
was read from; ``verified`` says that it was read there by whoever entered it. A figure that is not
at hand is null and prints as a dash: never from memory, never read off a bar chart.
"""
from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
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


def load_published() -> tuple[dict[str, PublishedDataset], list[PublishedRow]]:
    """(data sets by key, rows in the file's order); tests/ check what the file says."""
    content = json.loads(PUBLISHED_FILE.read_text(encoding='utf-8'))
    datasets = {key: PublishedDataset(entry['title'], tuple(entry['columns']))
                for key, entry in content['datasets'].items()}
    return datasets, [PublishedRow(**row) for row in content['rows']]
