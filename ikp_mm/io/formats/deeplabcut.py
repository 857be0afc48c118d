"""DeepLabCut's CSV and H5 files, labels and predictions; lightning-pose writes the same CSV.

    scorer,Pranav,Pranav,Pranav,...                      scorer,,,Pranav,Pranav,...
    bodyparts,snout,snout,leftear,...                    bodyparts,,,snout,snout,...
    coords,x,y,x,...                                     coords,,,x,y,...
    labeled-data/m4s1/img0000.jpg,21.5,265.4,...         labeled-data,m4s1,img0000.jpg,21.5,...

Older files have the image in one column, newer ones in three; predictions have the number of the
video's frame there, and a third coord ``likelihood``. Multi-animal projects have a row
``individuals`` under ``scorer``; its ``single`` are the points that belong to no animal. H5 is the
same table as pandas writes it.

Layouts: DeepLabCut 2.3 and 3.0, lightning-pose's ``utils/predictions.py``; see docs/priors.md for
the real files that were read.
"""
from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import ModuleType

import numpy as np
from mmengine.logging import MMLogger

from ikp_mm.io.find import is_labeled_copy, natural_key
from ikp_mm.io.formats.pandas_h5 import read_table
from ikp_mm.io.formats.pose_tables import PoseTable

LEVELS = (('scorer', 'bodyparts', 'coords'), ('scorer', 'individuals', 'bodyparts', 'coords'))
COORDS = ('x', 'y', 'likelihood')
SUFFIXES = ('.csv', '.h5', '.hdf5')
EMPTY = ('', 'nan', 'NaN', 'NA')
NO_ANIMAL = 'single'
FOLDER, STEM = 'labeled-data', 'CollectedData_'
NEEDED = ('The first rows (in H5: the column levels) must be scorer, bodyparts, coords, with '
          'individuals after scorer in multi-animal projects, see docs/priors.md')
SAME_PLACE = 0.01  # pixels by which CSV and H5 may differ


def require_pandas() -> ModuleType:
    """pandas; ImportError, which says how to install them, where it, or tables and h5py, which its
    H5 needs, is not there."""
    try:
        import h5py  # noqa: F401
        import pandas
        import tables  # noqa: F401  (pandas imports it by name, when it writes)
    except ImportError as error:
        raise ImportError("DeepLabCut's files, and lightning-pose's, need pandas, tables and h5py: "
                          "pip install pandas tables h5py (the extra 'deeplabcut')") from error
    return pandas


def read_label_files(path: str | Path, scorer: str | None = None) -> PoseTable:
    """All labels of a project, of a folder of labelled images, or of a file, as one table. Folders
    of a project without a label file are named in the log.

    Args:
        path: the project's folder, a folder with ``CollectedData_<scorer>.csv``, ``.h5`` or both,
            or a file.
        scorer: whose labels, where there are those of several people.

    Raises: as ``read_deeplabcut``;
        FileNotFoundError: no such path; no ``CollectedData_*`` in the folder.
        ValueError: files of several scorers in a folder and no ``scorer``; CSV and H5 that differ;
            files that disagree in their body parts.
    """
    path = Path(path)
    if path.is_file():
        return read_deeplabcut(path, scorer)
    tables = [_agreed([read_deeplabcut(file) for file in files])
              for files in _label_files(path, scorer)]
    first = tables[0]
    if len({table.path.stem for table in tables}) > 1:
        MMLogger.get_current_instance().warning(
            f'{path}: labels of several scorers, each of other videos: '
            f'{[f"{table.path.parent.name}/{table.path.name}" for table in tables]}')
    for table in tables[1:]:
        if set(table.joints) != set(first.joints) or (
                (table.scores is None) != (first.scores is None)):
            raise ValueError(f'{table.path} has {list(table.joints)}, {first.path} has '
                             f'{list(first.joints)}: read them as two sources')
    order = [[table.joints.index(joint) for joint in first.joints] for table in tables]
    return replace(
        first, keypoints=np.concatenate([t.keypoints[:, o] for t, o in zip(tables, order)]),
        scores=None if first.scores is None else np.concatenate(
            [t.scores[:, o] for t, o in zip(tables, order)]),
        frames=tuple(frame for table in tables for frame in table.frames),
        figures=tuple(figure for table in tables for figure in table.figures))


def _label_files(path: Path, scorer: str | None) -> list[list[Path]]:
    """The label files of each folder, its CSV and its H5."""
    if not path.is_dir():
        raise FileNotFoundError(f'{path} does not exist')
    folders, below = [path], path / FOLDER
    if below.is_dir():
        folders = sorted((entry for entry in below.iterdir() if entry.is_dir()),
                         key=lambda folder: natural_key(folder.name))
    names = {folder.name.lower() for folder in folders}
    copies = [folder for folder in folders if is_labeled_copy(folder.name, names)]
    if copies:
        MMLogger.get_current_instance().warning(
            f'{path}: left out, pictures with labels drawn on: {[each.name for each in copies]}')
    wanted = f'{STEM}{scorer or "*"}'
    found = {}
    for folder in folders:
        if folder in copies:
            continue
        files = sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES
                       and (file.stem == wanted or not scorer and file.stem.startswith(STEM)))
        if len({file.stem for file in files}) > 1:
            raise ValueError(f'{folder} holds labels of several scorers: '
                             f'{[file.name for file in files]}; say whose with scorer=...')
        found[folder] = files
    bare = [folder.name for folder, files in found.items() if not files]
    if len(bare) == len(found):
        raise FileNotFoundError(f'no {wanted}.csv or .h5 in {path} or its {FOLDER}/<video>/')
    if bare:
        MMLogger.get_current_instance().warning(
            f'{path}: no {wanted}.csv or .h5 in {len(bare)} of {len(found)} folders: {bare}')
    return [files for files in found.values() if files]


def _agreed(tables: list[PoseTable]) -> PoseTable:
    """The first of several tables that must hold the same labels: a folder's CSV and H5."""
    def places(table: PoseTable) -> dict[tuple, np.ndarray]:
        return {(table.name(row), joint): point for row, points in enumerate(table.keypoints)
                for joint, point in zip(table.joints, points) if not np.isnan(point).any()}
    expected = places(tables[0])
    for table in tables[1:]:
        found = places(table)
        differ = [key for key in [*expected, *found] if key not in expected or key not in found
                  or np.abs(expected[key] - found[key]).max() > SAME_PLACE]
        if differ:
            newer = max(tables[0].path, table.path, key=lambda path: path.stat().st_mtime)
            raise ValueError(
                f"{tables[0].path} and {table.path.name} beside it differ, first in joint "
                f"'{differ[0][1]}' of {differ[0][0]} ({newer.name} is newer): name one of them, or "
                'delete the stale one')
    return tables[0]


def read_deeplabcut(path: str | Path, scorer: str | None = None) -> PoseTable:
    """One CSV or H5 file: a row for each animal of each frame, NaN where nothing is labelled.

    ``single`` points beside animals are left out, and named in the log. Columns other than x, y and
    likelihood (lightning-pose's ``set``, variances of its ensembles) are not read. In a folder
    ``labeled-data/<video>`` the images are those beside the file, whatever folder it names.

    Args:
        path: the file.
        scorer: whose columns, where the file has those of several.

    Raises:
        FileNotFoundError: no such file.
        ValueError: neither CSV nor H5, another header, a body part without x or y, columns given
            twice, animals with different body parts, no row, a value that is no number (names
            frame and body part), x without y; several scorers and no ``scorer``, or another one; an
            H5 file that holds Python objects.
        ImportError: see ``require_pandas``.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f'{path} does not exist')
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f'{path} is neither .csv nor .h5')
    pandas = require_pandas()
    table = (_read_csv if path.suffix.lower() == '.csv' else _read_h5)(path, pandas)
    table = table.loc[:, table.columns.get_level_values('coords').isin(COORDS)]
    scorers = list(dict.fromkeys(table.columns.get_level_values('scorer')))
    if not scorers:
        raise ValueError(f'{path}: no column of x, y. {NEEDED}')
    if scorer is None and len(scorers) > 1 or scorer is not None and scorer not in scorers:
        raise ValueError(f'{path} holds labels of {scorers}: say whose with scorer=...')
    table = table.xs(scorer or scorers[0], axis=1, level='scorer')
    frames = _frames(table.index, path)
    animals, joints, values = _points(table, frames, path, pandas)
    values = values.reshape(-1, *values.shape[2:])
    return _beside(PoseTable(
        path, joints, values[..., :2], tuple(frame for frame in frames for _ in animals),
        tuple(animal for _ in frames for animal in animals),
        values[..., 2] if values.shape[-1] == 3 else None).without_marks())


def _read_csv(path: Path, pandas: ModuleType):
    """A DataFrame of str with the column levels that H5 has, and image or frame number as index."""
    try:
        cells = pandas.read_csv(path, header=None, dtype=str, encoding='utf-8-sig',
                                keep_default_na=False, na_values=[]).fillna('')
    except (UnicodeDecodeError, pandas.errors.ParserError, pandas.errors.EmptyDataError) as error:
        raise ValueError(f'{path} is no table: {str(error).strip()}. {NEEDED}') from error
    cells = cells.apply(lambda column: column.str.strip())
    cells = cells[(cells != '').any(axis=1)]
    first = cells.iloc[:, 0].tolist()
    depth = first.index('coords') + 1 if 'coords' in first[:4] else 0
    if tuple(first[:depth]) not in LEVELS:
        raise ValueError(f'{path}: its first rows begin with {first[:4]}. {NEEDED}')
    coords = cells.iloc[depth - 1].tolist()
    width = next((place for place, cell in enumerate(coords) if place and cell), len(coords))
    columns = pandas.MultiIndex.from_arrays(cells.iloc[:depth, width:].to_numpy(),
                                            names=first[:depth])
    rows = cells.iloc[depth:]
    nameless = np.flatnonzero((rows.iloc[:, :width] == '').any(axis=1))
    if len(nameless):
        raise ValueError(f'{path}: row {nameless[0] + 1} under the header names no frame in its '
                         f'first {width} cells: {rows.iloc[nameless[0], :4].tolist()}')
    return pandas.DataFrame(rows.iloc[:, width:].to_numpy(), columns=columns,
                            index=['/'.join(one) for one in rows.iloc[:, :width].to_numpy()])


def _read_h5(path: Path, pandas: ModuleType):
    """A DataFrame; nothing in the file is run."""
    import h5py
    try:
        index, columns, values = read_table(path, h5py)
    except (OSError, ValueError) as error:
        raise ValueError(f'{path} is no H5 file of DeepLabCut: {error}') from error
    names = next((names for names in LEVELS if {len(names)} == {
        len(column) if isinstance(column, tuple) else 1 for column in columns}), None)
    if names is None:
        raise ValueError(f'{path}: its columns are {columns[:2]}, ... {NEEDED}')
    return pandas.DataFrame(values, index=index,
                            columns=pandas.MultiIndex.from_tuples(columns, names=names))


def _points(table, frames: list, path: Path, pandas: ModuleType
            ) -> tuple[list[str], tuple[str, ...], np.ndarray]:
    """Animals, joints and values (N, A, J, 2 or 3), NaN where a cell is empty."""
    if 'individuals' not in table.columns.names:
        table = table.set_axis([('', *column) for column in table.columns], axis=1)
    kept = list(table.columns)
    animals = list(dict.fromkeys(column[0] for column in kept))
    if len(animals) > 1 and NO_ANIMAL in animals:
        animals.remove(NO_ANIMAL)
        MMLogger.get_current_instance().warning(
            f'{path}: left out the points that belong to no animal: '
            f'{list(dict.fromkeys(column[1] for column in kept if column[0] == NO_ANIMAL))}')
        kept = [column for column in kept if column[0] != NO_ANIMAL]
    joints = tuple(dict.fromkeys(column[1] for column in kept))
    coords = [coord for coord in COORDS if coord in {column[2] for column in kept}]
    wanted = [(a, j, c) for a in animals for j in joints for c in coords]
    twice = [column for column, times in Counter(kept).items() if times > 1]
    lacking = sorted(set(wanted) - set(kept))
    if twice or lacking or coords not in (list(COORDS), list(COORDS[:2])) or not len(table):
        raise ValueError(f'{path}: {len(table)} rows; columns given twice: {twice[:3]}, lacking: '
                         f'{lacking[:3]}; every body part of every animal needs x and y, all or '
                         f'none a likelihood. {NEEDED}')
    places = [list(table.columns).index(column) for column in wanted]
    cells = table.iloc[:, places]
    values = cells.apply(pandas.to_numeric, errors='coerce').to_numpy(np.float64)
    empty = (cells.isna() | cells.isin(EMPTY)).to_numpy()
    values = np.where(np.isnan(values) & ~empty, np.inf, values)
    values = values.reshape(len(frames), len(animals), len(joints), len(coords))
    lone = np.isnan(values[..., 0]) != np.isnan(values[..., 1])
    for bad, why in ((np.isinf(values).any(axis=-1), 'holds what is no finite number'),
                     (lone, 'has only one of x and y')):
        if bad.any():
            row, animal, joint = np.argwhere(bad)[0]
            found = cells.to_numpy(object).reshape(values.shape)[row, animal, joint].tolist()
            raise ValueError(f"{path}: '{joints[joint]}' of {frames[row]} {why}: {found}")
    return animals, joints, values


def _frames(index, path: Path) -> list[str] | list[int]:
    """Frame numbers, or image paths with '/'."""
    frames = ['/'.join(map(str, one)) if isinstance(one, tuple) else str(one) for one in index]
    if all(frame.isdecimal() for frame in frames):
        frames = [int(frame) for frame in frames]
    else:
        frames = [frame.replace('\\', '/') for frame in frames]
    twice = [frame for frame, times in Counter(frames).items() if times > 1]
    if twice:
        raise ValueError(f'{path}: frame {twice[0]} stands there twice')
    return frames


def _beside(table: PoseTable) -> PoseTable:
    """A table of ``labeled-data/<video>`` with the names of the images beside its file: copied and
    renamed videos, and projects from other machines, name other folders or none."""
    folder = table.path.absolute().parent
    if not table.of_images or folder.parent.name != FOLDER:
        return table
    named = sorted({PurePosixPath(frame).parent.name for frame in table.frames} - {'', folder.name})
    there = [name for name in named if (folder.parent / name).is_dir()]
    if there:
        raise ValueError(f"{table.path} names images of {there}, which are there too: correct the "
                         'names in the file, or move it there')
    if named:
        MMLogger.get_current_instance().warning(
            f'{table.path} names images of {named}, which are not there: they are taken to be '
            'those beside it')
    frames = tuple(f'{FOLDER}/{folder.name}/{PurePosixPath(frame).name}' for frame in table.frames)
    if len(set(frames)) < len(set(table.frames)):
        raise ValueError(f'{table.path} names {len(set(table.frames))} images of {named}, of which '
                         f'only {len(set(frames))} names differ: give each video its own file')
    return replace(table, frames=frames)
