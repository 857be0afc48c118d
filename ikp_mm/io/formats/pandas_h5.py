"""Tables that pandas wrote to HDF5, read with h5py: nothing that would have to be run is read.

pandas reads them with PyTables, which unpickles any object that stands in them. Layouts: pandas'
``io/pytables.py``, formats 'fixed' and 'table', unchanged since 0.13.
"""
from __future__ import annotations

import io
import pickle
from pathlib import Path
from types import ModuleType

import numpy as np


class _PlainUnpickler(pickle.Unpickler):
    """Lists, tuples, texts and numbers: all that is no import of something."""

    def find_class(self, module: str, name: str):
        raise pickle.UnpicklingError(f'it holds {module}.{name}, which would have to be run')


def read_table(path: Path, h5py: ModuleType) -> tuple[list, list, np.ndarray]:
    """The one table of numbers in a file.

    Returns:
        Names of the N rows and of the C columns, tuples where they have several levels, and the
        (N, C) values.

    Raises:
        OSError: no HDF5 file.
        ValueError: it holds no table of pandas or several, or Python objects, which are refused.
    """
    try:
        with h5py.File(path, 'r') as file:
            groups = [group for group in file.values()
                      if isinstance(group, h5py.Group) and 'pandas_type' in group.attrs]
            if len(groups) != 1:
                raise ValueError(f'it holds {len(groups)} tables of pandas, not one')
            read = _of_table if 'table' in groups[0] else _of_fixed
            rows, columns, names, blocks = read(groups[0])
    except (KeyError, IndexError, AttributeError, TypeError, EOFError) as error:
        raise ValueError(f'it is laid out otherwise than pandas does: {error}') from error
    except pickle.UnpicklingError as error:
        raise ValueError(f'it is refused: {error}') from error
    order = [names.index(column) for column in columns]
    return rows, columns, np.hstack(blocks)[:, order]


def _of_fixed(group) -> tuple[list, list, list, list[np.ndarray]]:
    """Rows, columns, columns in the order of the blocks, blocks."""
    names, blocks = [], []
    for number in range(group.attrs['nblocks']):
        dataset = group[f'block{number}_values']
        values = _plain(dataset)
        names += _axis(group, f'block{number}_items')
        blocks.append(values if dataset.attrs.get('transposed') else values.T)
    return _axis(group, 'axis1'), _axis(group, 'axis0'), names, blocks


def _axis(group, name: str) -> list:
    if group.attrs[f'{name}_variety'] != b'multi':
        return _plain(group[name]).tolist()
    levels = []
    for number in range(group.attrs[f'{name}_nlevels']):
        labels = [*_plain(group[f'{name}_level{number}']).tolist(), 'nan']  # -1 stands for none
        levels.append([labels[code] for code in group[f'{name}_label{number}'][()]])
    return list(zip(*levels))


def _of_table(group) -> tuple[list, list, list, list[np.ndarray]]:
    dataset = group['table']
    rows, names, blocks = dataset[()], [], []
    for block in _unpickled(group.attrs['values_cols']):
        names += _unpickled(dataset.attrs[f'{block}_kind'])
        blocks.append(_plain(rows[block], dataset.name))
    (_, columns), = _unpickled(group.attrs['non_index_axes'])
    return _plain(rows['index'], dataset.name).tolist(), columns, names, blocks


def _unpickled(text: bytes) -> list:
    return _PlainUnpickler(io.BytesIO(text)).load()


def _plain(values, name: str = '') -> np.ndarray:
    """The values of a dataset; texts are str."""
    array = values[()]
    if array.dtype.kind not in 'biufS':
        raise ValueError(f'{name or values.name} is kept as Python objects, which are not read '
                         'because they could run code: write it anew as numbers, or use the CSV')
    return np.char.decode(array, 'utf-8') if array.dtype.kind == 'S' else array
