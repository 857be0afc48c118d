"""DeepLabCut's CSV and H5 files, labels and predictions; lightning-pose writes the same CSV.

    scorer,Pranav,Pranav,Pranav,...                      scorer,,,Pranav,Pranav,...
    bodyparts,snout,snout,leftear,...                    bodyparts,,,snout,snout,...
    coords,x,y,x,...                                     coords,,,x,y,...
    labeled-data/m4s1/img0000.jpg,21.5,265.4,...         labeled-data,m4s1,img0000.jpg,21.5,...

Older files have the image in one column, newer ones in three; predictions have the number of the
video's frame there, and a third coord ``likelihood``. Multi-animal projects have a row
``individuals`` under ``scorer``; its ``single`` are the points that belong to no animal. H5 is the
same table as pandas keeps it.

Layouts: DeepLabCut 2.3 and 3.0, lightning-pose's ``utils/predictions.py``; see docs/priors.md for
the real files that were read.
"""
from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
from mmengine.logging import MMLogger

from ikp_mm.io.find import natural_key
from ikp_mm.io.formats.pose_tables import PoseTable

LEVELS = (('scorer', 'bodyparts', 'coords'), ('scorer', 'individuals', 'bodyparts', 'coords'))
COORDS = ('x', 'y', 'likelihood')
NO_ANIMAL = 'single'
FOLDER = 'labeled-data'
NEEDED = ('The first rows (in H5: the column levels) must be scorer, bodyparts, coords, with '
          'individuals after scorer in multi-animal projects, see docs/priors.md')


def require_pandas() -> ModuleType:
    """pandas, imported when the first H5 is read, or the first file written.

    Raises:
        ImportError: pandas, or tables which its H5 needs, is not installed; says how to.
    """
    try:
        import pandas
        import tables  # noqa: F401  pandas imports it by name only when it is used
    except ImportError as error:
        raise ImportError("reading DeepLabCut's H5, and writing its files, needs pandas and tables: "
                          'pip install pandas tables') from error
    return pandas


def find_label_files(path: str | Path, scorer: str | None = None) -> list[Path]:
    """The label files of a project folder, of a folder of labelled images, or the file itself.

    Where a folder has both CSV and H5 of a scorer, which hold the same, the CSV is taken.

    Raises:
        FileNotFoundError: no such path; no ``CollectedData_*`` in the folder.
        ValueError: files of several scorers in a folder and no ``scorer``; a scorer and a file.
    """
    path = Path(path)
    if path.is_file():
        if scorer is not None:
            raise ValueError(f"{path} is a file: scorer='{scorer}' goes with a folder")
        return [path]
    if not path.is_dir():
        raise FileNotFoundError(f'{path} does not exist')
    stem = f'CollectedData_{scorer or "*"}'
    below = path / FOLDER
    folders = [path]
    if below.is_dir():
        folders = sorted((entry for entry in below.iterdir() if entry.is_dir()),
                         key=lambda folder: natural_key(folder.name))
    files = []
    for folder in folders:
        found = sorted(folder.glob(f'{stem}.csv')) or sorted(folder.glob(f'{stem}.h5'))
        if len(found) > 1:
            raise ValueError(f'{folder} holds labels of several scorers: '
                             f'{[file.name for file in found]}; say whose with scorer=...')
        files += found
    if not files:
        raise FileNotFoundError(f'no {stem}.csv or .h5 in {path} or its {FOLDER}/<video>/')
    return files


def read_label_files(path: str | Path, scorer: str | None = None) -> PoseTable:
    """All labels of a project, a folder or a file as one table; see ``find_label_files``.

    Raises: as ``find_label_files`` and ``read_deeplabcut``; a ValueError where files disagree in
        their body parts.
    """
    tables = [read_deeplabcut(file) for file in find_label_files(path, scorer)]
    first = tables[0]
    for table in tables[1:]:
        if table.joints != first.joints or (table.scores is None) != (first.scores is None):
            raise ValueError(f'{table.path} has {list(table.joints)}, {first.path} has '
                             f'{list(first.joints)}: read them as two sources')
    return replace(
        first, keypoints=np.concatenate([table.keypoints for table in tables]),
        scores=None if first.scores is None else np.concatenate([t.scores for t in tables]),
        frames=tuple(frame for table in tables for frame in table.frames),
        figures=tuple(figure for table in tables for figure in table.figures))


def read_deeplabcut(path: str | Path) -> PoseTable:
    """One CSV or H5 file: a row for each animal of each frame, NaN where nothing is labelled.

    ``single`` points beside animals are left out, and named in the log. Columns other than x, y and
    likelihood (lightning-pose's ``set``, variances of its ensembles) are not read.

    Raises:
        FileNotFoundError: no such file.
        ValueError: neither CSV nor H5, another header, a body part without x or y, columns given
            twice, animals with different body parts, no row, a value that is no number (names line
            and body part), x without y.
        ImportError: H5, and pandas or tables is missing.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f'{path} does not exist')
    if path.suffix.lower() == '.csv':
        levels, index, cells = _read_csv(path)
    elif path.suffix.lower() in ('.h5', '.hdf5'):
        levels, index, cells = _read_h5(path)
    else:
        raise ValueError(f'{path} is neither .csv nor .h5')
    animals, joints, columns = _columns(levels, path)
    if not cells:
        raise ValueError(f'{path} has a header and no row')
    values = _numbers(cells, columns, joints, path)
    bad = np.isnan(values[..., 0]) != np.isnan(values[..., 1])
    if bad.any():
        row, _, joint = np.argwhere(bad)[0]
        raise ValueError(f"{path}: '{joints[joint]}' of {index[row]} has only one of x and y")
    frames = _frames(index, path)
    values = values.reshape(-1, *values.shape[2:])
    return PoseTable(
        path, joints, values[..., :2], values[..., 2] if values.shape[-1] == 3 else None,
        tuple(frame for frame in frames for _ in animals),
        tuple(animal for _ in frames for animal in animals))


def _read_csv(path: Path) -> tuple[dict[str, list[str]], list[tuple], list[Sequence]]:
    """Header rows by name, and index and cells of each row; columns counted without the index."""
    try:
        with open(path, encoding='utf-8-sig', newline='') as file:
            lines = [[cell.strip() for cell in line] for line in csv.reader(file)]
    except UnicodeDecodeError as error:
        raise ValueError(f'{path} is not text. {NEEDED}') from error
    depth = next((i + 1 for i, line in enumerate(lines[:4]) if line[:1] == ['coords']), 0)
    names = tuple(line[0] for line in lines[:depth])
    if names not in LEVELS:
        raise ValueError(f'{path}: its first rows begin with '
                         f'{[line[0] if line else "" for line in lines[:4]]}. {NEEDED}')
    coords = lines[depth - 1]
    width = next((i for i, cell in enumerate(coords) if i and cell), len(coords))
    levels = {line[0]: line[width:] + [''] * (len(coords) - len(line)) for line in lines[:depth]}
    index, cells = [], []
    for number, line in enumerate(lines[depth:], depth + 1):
        if not any(line):
            continue
        if len(line) > len(coords) or not any(line[:width]):
            raise ValueError(f'{path} line {number}: {len(line)} cells, {len(coords)} in the '
                             f'header, of which the first {width} name the frame: {line[:4]}')
        index.append(tuple(line[:width]))
        cells.append(line[width:] + [''] * (len(coords) - len(line)))
    return levels, index, cells


def _read_h5(path: Path) -> tuple[dict[str, list[str]], list[tuple], list[Sequence]]:
    pandas = require_pandas()
    import tables
    try:
        frame = pandas.read_hdf(path)
    except (OSError, ValueError, KeyError, tables.HDF5ExtError) as error:
        raise ValueError(f'{path} is no H5 file of DeepLabCut: {error}') from error
    if not isinstance(frame, pandas.DataFrame) or tuple(frame.columns.names) not in LEVELS:
        raise ValueError(f'{path}: its columns have the levels '
                         f'{list(getattr(frame, "columns", frame.index).names)}. {NEEDED}')
    levels = {name: [str(value) for value in frame.columns.get_level_values(name)]
              for name in frame.columns.names}
    index = [one if isinstance(one, tuple) else (one, ) for one in frame.index]
    return levels, index, frame.to_numpy().tolist()


def _columns(levels: Mapping[str, Sequence[str]], path: Path
             ) -> tuple[list[str], tuple[str, ...], np.ndarray]:
    """Animals, joints, and the places of the columns (A, J, 2 or 3)."""
    animals = levels.get('individuals', [''] * len(levels['coords']))
    places: dict[str, dict[str, dict[str, int]]] = {}
    for place, (animal, joint, coord) in enumerate(zip(animals, levels['bodyparts'],
                                                       levels['coords'])):
        if coord not in COORDS:
            continue
        of_joint = places.setdefault(animal, {}).setdefault(joint, {})
        if coord in of_joint:
            raise ValueError(f"{path}: '{coord}' of {joint!r} {animal} stands in two columns; is "
                             'it by several scorers?')
        of_joint[coord] = place
    if len(places) > 1 and NO_ANIMAL in places:
        MMLogger.get_current_instance().warning(
            f'{path}: left out the points that belong to no animal: {list(places.pop(NO_ANIMAL))}')
    if not places:
        raise ValueError(f'{path}: no column of x, y. {NEEDED}')
    joints = tuple(next(iter(places.values())))
    kinds = {tuple(coord for coord in COORDS if coord in of_joint)
             for of_animal in places.values() for of_joint in of_animal.values()}
    if kinds not in ({COORDS[:2]}, {COORDS}):
        raise ValueError(f'{path}: every body part needs x and y, and all or none a likelihood; '
                         f'they have {sorted(kinds)}')
    for animal, of_animal in places.items():
        if set(of_animal) != set(joints):
            raise ValueError(f"{path}: '{animal}' has {list(of_animal)}, "
                             f"'{next(iter(places))}' has {list(joints)}")
    coords = kinds.pop()
    return list(places), joints, np.array([[[of_animal[joint][coord] for coord in coords]
                                            for joint in joints] for of_animal in places.values()])


def _numbers(cells: Sequence[Sequence], columns: np.ndarray, joints: Sequence[str],
             path: Path) -> np.ndarray:
    """Cells at the places (A, J, C) as (N, A, J, C) float64; an empty one is NaN."""
    values = np.empty((len(cells), *columns.shape))
    for row, line in enumerate(cells):
        for at, place in np.ndenumerate(columns):
            try:
                values[(row, *at)] = np.nan if line[place] in ('', None) else float(line[place])
            except ValueError:
                raise ValueError(f"{path}: row {row + 1} under the header, '{joints[at[1]]}' is "
                                 f'{line[place]!r}, which is no number') from None
    if np.isinf(values).any():
        row, _, joint, _ = np.argwhere(np.isinf(values))[0]
        raise ValueError(f"{path}: row {row + 1} under the header, '{joints[joint]}' is infinite")
    return values


def _frames(index: Sequence[tuple], path: Path) -> list[str] | list[int]:
    """Frame numbers, or image paths with '/'."""
    if all(len(one) == 1 and str(one[0]).isdecimal() for one in index):
        frames = [int(one[0]) for one in index]
    else:
        frames = ['/'.join(map(str, one)).replace('\\', '/') for one in index]
    twice = [frame for frame, times in Counter(frames).items() if times > 1]
    if twice:
        raise ValueError(f'{path}: frame {twice[0]} stands there twice')
    return frames
