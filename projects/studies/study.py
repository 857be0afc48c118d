"""What a study file says, and when a row's json still holds.

A study is a plain config file: ``name``, ``groups``, ``metrics`` and ``rows``. A finished row is
one small json in ``results/`` beside the file.
"""
from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Union

from mmengine.config import Config

from projects.comparison.figures import COLUMN_TITLES

from .code_version import CodeVersion

# Entries that change where a run writes, how it talks and what is imported, not what it computes.
NOT_HASHED = ('work_dir', 'log_level', 'custom_imports')
# Of default_hooks: how losses reach the log changes none of them.
HOOKS_NOT_HASHED = ('runtime_info', )
STATES = {
    'done': 'its json is of this configuration and this code',
    'stale': 'its json is of this configuration and of other code',
    'changed': 'its json is of another configuration',
    'missing': 'it has no json',
}


@dataclass(frozen=True)
class StudyRow:
    """One job of a study.

    Attributes:
        name: of its json and its folder: letters, digits, ``_``, ``-``, ``.``.
        label: first cell of its line in the table.
        group: which table it stands in; rows of one group share test set and unit.
        config: path of a config, from the root of the repository.
        overrides: ``{'train_cfg.max_iters': 1500, 'param_scheduler.head.0.end': 1500, ...}``.
        seed: of ``randomness``.
        regress: numbers of labelled images to fit a linear map on, or ``'all'``.
        supervised: trained with labels: its direct figure goes to a column of its own.
    """

    name: str
    label: str
    group: str
    config: str
    overrides: Mapping
    seed: int
    regress: tuple[Union[int, str], ...] = ()
    supervised: bool = False


@dataclass(frozen=True)
class Study:
    """A study file.

    Attributes:
        name: of the study.
        rows: in the order of the tables.
        metrics: what the tables show: keys of ``figures.COLUMN_TITLES``, or names of metrics with
            a slash, such as ``'mmpose/PCK'``.
        groups: group -> title of its table.
        folder: of the file.
    """

    name: str
    rows: tuple[StudyRow, ...]
    metrics: tuple[str, ...]
    groups: Mapping[str, str]
    folder: Path

    def result_path(self, row: StudyRow) -> Path:
        """Where the row's json lies."""
        return self.folder / 'results' / f'{row.name}.json'


def read_study(path: Path | str) -> Study:
    """Read a study file.

    Raises:
        ValueError: keys that a study or a row does not have or lacks, a row's name that is no file
            name, rows of one name, rows of one label in a group, an unknown metric or group.
    """
    path = Path(path)
    # A name with an underscore before it is the file's own.
    cfg = {key: value for key, value in Config.fromfile(path).to_dict().items()
           if not key.startswith('_')}
    rows = []
    for index, raw in enumerate(cfg.pop('rows', ())):
        try:
            rows.append(StudyRow(**{**raw, 'regress': tuple(raw.get('regress', ()))}))
        except TypeError as error:
            raise ValueError(f'{path}: row {index} ({raw.get("name")}): {error}') from error
    try:
        study = Study(rows=tuple(rows), folder=path.parent, **cfg)
    except TypeError as error:
        raise ValueError(f'{path}: {error}') from error
    for kind, names in (('name', [row.name for row in rows]),
                        ('group and label', [(row.group, row.label) for row in rows])):
        twice = sorted({str(name) for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f'{path}: several rows have the {kind} {", ".join(twice)}')
    for row in rows:
        if not re.fullmatch(r'[\w.-]+', row.name):
            raise ValueError(f'{path}: row {row.name!r}: a name is made of letters, digits, "_", '
                             '"-" and "."')
        if row.group not in study.groups:
            raise ValueError(f'{path}: row {row.name} is of group {row.group!r}; groups names '
                             f'{", ".join(study.groups)}')
    for metric in study.metrics:
        if metric not in COLUMN_TITLES and '/' not in metric:
            raise ValueError(f'{path}: metrics are {", ".join(COLUMN_TITLES)} or names with a '
                             f'slash, got {metric!r}')
    return study


def resolve(row: StudyRow, root: Path) -> Config:
    """The row's configuration with its overrides and seed, and no base left to look up.

    Raises:
        FileNotFoundError: no such config.
        ValueError: an override of something that the config does not have, or no
            ``train_cfg.max_iters``: a row states its iterations, so that it can be run again.
    """
    path = root / row.config
    if not path.is_file():
        raise FileNotFoundError(f'row {row.name}: there is no {path}')
    # Unformatted: formatting takes half a second each time a checkpoint stores the config.
    cfg = Config(Config.fromfile(path).to_dict(), format_python_code=False)
    for key in row.overrides:
        _check_override(cfg, row, key)
    cfg.merge_from_dict(dict(row.overrides))
    cfg.randomness = dict(cfg.get('randomness') or {}, seed=row.seed)
    if not isinstance((cfg.get('train_cfg') or {}).get('max_iters'), int):
        raise ValueError(f'row {row.name}: {row.config} has no train_cfg.max_iters')
    return cfg


def _check_override(cfg: Config, row: StudyRow, key: str) -> None:
    """All but the last part of a dotted key must be there, and a key of one part itself."""
    parts = key.split('.')
    place = cfg
    for part in parts if len(parts) == 1 else parts[:-1]:
        is_list = isinstance(place, (list, tuple))
        inside = (part.isdigit() and int(part) < len(place) if is_list
                  else hasattr(place, 'keys') and part in place.keys())
        if not inside:
            raise ValueError(f'row {row.name}: override {key!r}: {row.config} has no {part!r} '
                             'there')
        place = place[int(part) if is_list else part]


def config_hash(cfg: Config) -> str:
    """sha256 of a resolved configuration, whatever the order of its keys."""
    plain = {key: value for key, value in cfg.to_dict().items() if key not in NOT_HASHED}
    if 'default_hooks' in plain:
        plain['default_hooks'] = {name: hook for name, hook in plain['default_hooks'].items()
                                  if name not in HOOKS_NOT_HASHED}
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def read_result(study: Study, row: StudyRow) -> Optional[dict]:
    """The row's json, None when there is none.

    Raises:
        ValueError: the file is no json.
    """
    path = study.result_path(row)
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text(encoding='utf-8'))
    except json.JSONDecodeError as error:
        raise ValueError(f'{path} is no json ({error}); delete it to run the row again') from error


def row_state(result: Optional[dict], row: StudyRow, digest: str, code: CodeVersion) -> str:
    """Key of :data:`STATES` for a row's json.

    Args:
        result: what :func:`read_result` gave.
        digest: :func:`config_hash` of the row's configuration as it is now.
        code: the code as it is now.
    """
    if result is None:
        return 'missing'
    if (result['config_hash'], result['supervised'], result['labelled']) != (
            digest, row.supervised, list(row.regress)):
        return 'changed'
    # Rows from before 27 November 2026 have no digest of their code.
    return 'done' if result.get('code') == code.digest else 'stale'
