"""What a study file says.

A study is a plain config file: ``name``, ``groups``, ``metrics`` and ``rows``. A finished row is
one small json in ``results/`` beside the file.
"""
from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config

from ikp_mm.engine.launch import merge_options
from projects.comparison.figures import COLUMN_TITLES

NOT_HASHED = ('work_dir', 'log_level', 'custom_imports')


@dataclass(frozen=True)
class StudyRow:
    """One job of a study; docs/studies.md has an example."""
    name: str  # of its json and its folder
    label: str  # first cell of its line in the table
    group: str  # which table it stands in; rows of one group share test set and unit
    config: str  # path of a config, from the root of the repository
    overrides: Mapping  # {'train_cfg.max_iters': 1500, 'param_scheduler.head.0.end': 1500, ...}
    seed: int  # of ``randomness``
    regress: Sequence[int | str] = ()  # numbers of labelled images to fit on, or 'all'
    supervised: bool = False  # trained with labels: its direct figure goes to a column of its own
    ridge: float | str = 0.0  # of the regression, see projects/comparison/regress.py


@dataclass(frozen=True)
class Study:
    """A study file."""
    name: str
    rows: tuple[StudyRow, ...]  # in the order of the tables
    metrics: Sequence[str]  # keys of COLUMN_TITLES
    groups: Mapping[str, str]  # group -> title of its table
    folder: Path  # of the file

    def result_path(self, row: StudyRow) -> Path:
        """Where the row's json lies."""
        return self.folder / 'results' / f'{row.name}.json'


def read_study(path: Path | str) -> Study:
    """Read a study file.

    Raises:
        TypeError: keys that a study or a row does not have or lacks.
        ValueError: rows of one name, or of one label in a group; an unknown metric or group.
    """
    path = Path(path)
    # A name with an underscore before it is the file's own.
    cfg = {key: value for key, value in Config.fromfile(path).to_dict().items()
           if not key.startswith('_')}
    rows = tuple(StudyRow(**raw) for raw in cfg.pop('rows'))
    study = Study(rows=rows, folder=path.parent, **cfg)
    names = Counter([row.name for row in rows] + [(row.group, row.label) for row in rows])
    twice = [name for name, count in names.items() if count > 1]
    unknown = {*study.metrics} - {*COLUMN_TITLES} | {row.group for row in rows} - {*study.groups}
    if twice or unknown:
        raise ValueError(f'{path}: several rows of one name or label: {twice}; unknown metrics '
                         f'and groups: {sorted(unknown)}')
    return study


def resolve(row: StudyRow, root: Path) -> Config:
    """The row's configuration with its overrides and seed, and no base left to look up.

    Raises:
        FileNotFoundError: no such config.
        ValueError: an override that would change nothing.
    """
    # Unformatted: formatting takes half a second each time a checkpoint stores the config.
    cfg = Config(Config.fromfile(root / row.config).to_dict(), format_python_code=False)
    merge_options(cfg, dict(row.overrides))
    cfg.randomness = dict(cfg.get('randomness') or {}, seed=row.seed)
    return cfg


def config_hash(cfg: Config) -> str:
    """sha256 of a resolved configuration, whatever the order of its keys, without what changes no
    figure of the run."""
    content = {key: value for key, value in cfg.to_dict().items() if key not in NOT_HASHED}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
