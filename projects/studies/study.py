"""What a study file says, and when a row's json still holds.

A study is a plain config file: ``name``, ``groups``, ``metrics`` and ``rows``. A finished row is
one small json in ``results/`` beside the file.
"""
from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Union

from mmengine.config import Config

from ikp_mm.engine.launch import merge_options
from projects.comparison.figures import COLUMN_TITLES

# Entries that change where a run writes, how it talks and what is imported, not what it computes.
NOT_HASHED = ('work_dir', 'log_level', 'custom_imports')
# Of default_hooks: how losses reach the log changes none of them.
HOOKS_NOT_HASHED = ('runtime_info', )
# What the numbers of a row depend on besides its configuration; and what of it only draws.
CODE_PATHS = ('ikp_mm', 'tools/train.py', 'tools/test.py', 'projects/comparison/models',
              'projects/comparison/regress.py')
DRAWS_ONLY = 'ikp_mm/visualization'
STATES = {
    'done': 'its json is of this configuration and this code',
    'stale': 'its json is of this configuration and of other code',
    'changed': 'its json is of another configuration',
    'missing': 'it has no json',
}


@dataclass(frozen=True)
class StudyRow:
    """One job of a study; docs/studies.md has an example."""
    name: str  # of its json and its folder: letters, digits, _ - .
    label: str  # first cell of its line in the table
    group: str  # which table it stands in; rows of one group share test set and unit
    config: str  # path of a config, from the root of the repository
    overrides: Mapping  # {'train_cfg.max_iters': 1500, 'param_scheduler.head.0.end': 1500, ...}
    seed: int  # of ``randomness``
    regress: tuple[Union[int, str], ...] = ()  # numbers of labelled images to fit on, or 'all'
    supervised: bool = False  # trained with labels: its direct figure goes to a column of its own


@dataclass(frozen=True)
class Study:
    """A study file."""
    name: str
    rows: tuple[StudyRow, ...]  # in the order of the tables
    metrics: tuple[str, ...]  # keys of COLUMN_TITLES, or names with a slash such as 'mmpose/PCK'
    groups: Mapping[str, str]  # group -> title of its table
    folder: Path  # of the file

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
    place = ''
    try:
        rows = []
        for index, raw in enumerate(cfg.pop('rows', ())):
            place = f'row {index} ({raw.get("name")}): '
            rows.append(StudyRow(**{**raw, 'regress': tuple(raw.get('regress', ()))}))
        place = ''
        study = Study(rows=tuple(rows), folder=path.parent, **cfg)
    except TypeError as error:
        raise ValueError(f'{path}: {place}{error}') from error
    for kind, names in (('name', [row.name for row in rows]),
                        ('group and label', [(row.group, row.label) for row in rows])):
        twice = [str(name) for name, count in Counter(names).items() if count > 1]
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
        ValueError: an override that would change nothing, or no ``train_cfg.max_iters``: a row
            states its iterations, so that it can be run again.
    """
    path = root / row.config
    if not path.is_file():
        raise FileNotFoundError(f'row {row.name}: there is no {path}')
    # Unformatted: formatting takes half a second each time a checkpoint stores the config.
    cfg = Config(Config.fromfile(path).to_dict(), format_python_code=False)
    merge_options(cfg, dict(row.overrides))
    cfg.randomness = dict(cfg.get('randomness') or {}, seed=row.seed)
    if not isinstance((cfg.get('train_cfg') or {}).get('max_iters'), int):
        raise ValueError(f'row {row.name}: {row.config} has no train_cfg.max_iters')
    return cfg


def config_hash(cfg: Config) -> str:
    """sha256 of a resolved configuration, whatever the order of its keys."""
    plain = {key: value for key, value in cfg.to_dict().items() if key not in NOT_HASHED}
    if 'default_hooks' in plain:
        plain['default_hooks'] = {name: hook for name, hook in plain['default_hooks'].items()
                                  if name not in HOOKS_NOT_HASHED}
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def code_version(root: Path, paths: tuple[str, ...] = CODE_PATHS) -> dict:
    """The code as it is now in a git checkout.

    Returns:
        dict: ``code``, sha256 of the Python files' names and contents; ``commit``, the last one
        that touched them; ``dirty``, whether something of them is not committed.

    Raises:
        RuntimeError: ``root`` is in no git checkout.
    """
    def git(*arguments: str) -> str:
        done = subprocess.run(['git', '-C', str(root), *arguments, '--', *paths,
                               f':(exclude){DRAWS_ONLY}'], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError('a study needs a git checkout, to say which code made its numbers: '
                               f'git {arguments[0]} in {root} says: {done.stderr.strip()}')
        return done.stdout.strip()

    digest = hashlib.sha256()
    for path in paths:
        for file in sorted((root / path).rglob('*.py')) or [root / path]:
            name = file.relative_to(root).as_posix()
            if not name.startswith(DRAWS_ONLY):
                digest.update(name.encode() + b'\0' + file.read_bytes() + b'\0')
    return dict(code=digest.hexdigest(), commit=git('log', '-1', '--format=%H'),
                dirty=bool(git('status', '--porcelain')))


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


def row_state(result: Optional[dict], row: StudyRow, digest: str, code: str) -> str:
    """Key of :data:`STATES` for a row's json, by the configuration's hash and the code's."""
    if result is None:
        return 'missing'
    if (result['config_hash'], result['supervised'], result['labelled']) != (
            digest, row.supervised, list(row.regress)):
        return 'changed'
    # Older rows have no hash of their code.
    return 'done' if result.get('code') == code else 'stale'
