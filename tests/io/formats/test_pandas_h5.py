"""Both layouts of pandas, and that nothing of a stranger's file is run."""
import os
import pickle

import numpy as np
import pytest

from ikp_mm.io.formats.deeplabcut import read_deeplabcut
from ikp_mm.io.formats.pandas_h5 import read_table

h5py, pandas = pytest.importorskip('h5py'), pytest.importorskip('pandas')
pytest.importorskip('tables')

COLUMNS = [('Ann', part, coord) for part in ('nose', 'tail') for coord in ('x', 'y')]


def write(path, layout, index=('ä/1.png', 'ä/2.png')):
    columns = pandas.MultiIndex.from_tuples(COLUMNS, names=['scorer', 'bodyparts', 'coords'])
    frame = pandas.DataFrame([[1, 2, 3, 4], [5, 6, np.nan, np.nan]], dtype=float,
                             index=list(index), columns=columns)
    frame.to_hdf(path, key='df_with_missing', mode='w', format=layout)
    return frame


@pytest.mark.parametrize('layout', ['fixed', 'table'])
@pytest.mark.parametrize('index', [('ä/1.png', 'ä/2.png'), (3, 7)])
def test_it_is_what_pandas_reads(tmp_path, layout, index):
    write(tmp_path / 'a.h5', layout, index)
    rows, columns, values = read_table(tmp_path / 'a.h5', h5py)
    assert rows == list(index) and columns == COLUMNS
    np.testing.assert_array_equal(values, pandas.read_hdf(tmp_path / 'a.h5').to_numpy())


@pytest.mark.parametrize('layout', ['fixed', 'table'])
def test_columns_of_several_types_keep_their_order(tmp_path, layout):
    frame = write(tmp_path / 'a.h5', layout)
    frame[COLUMNS[1]] = [7, 8]  # whole numbers, a block of their own
    frame.to_hdf(tmp_path / 'a.h5', key='k', mode='w', format=layout)
    _, columns, values = read_table(tmp_path / 'a.h5', h5py)
    assert columns == COLUMNS
    np.testing.assert_array_equal(values, pandas.read_hdf(tmp_path / 'a.h5').to_numpy())


class Evil:
    """Makes a folder when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path, )


def put(file, name, key, value):
    node = file['df_with_missing' + name]
    node.attrs[key] = np.bytes_(pickle.dumps(value, 0))


@pytest.mark.parametrize('layout, name, key', [
    ('fixed', '/axis0_level0', 'name'), ('fixed', '', 'pandas_type'),
    ('table', '', 'non_index_axes'), ('table', '', 'info'),
    ('table', '/table', 'values_block_0_kind'), ('table', '/table', 'values_block_0_meta')])
def test_no_attribute_is_run(tmp_path, layout, name, key):
    path, ran = tmp_path / 'a.h5', tmp_path / 'ran'
    write(path, layout)
    with h5py.File(path, 'r+') as file:
        put(file, name, key, Evil(str(ran)))
    if key in ('non_index_axes', 'values_block_0_kind'):
        with pytest.raises(ValueError, match='a.h5 is no H5 file .* refused: it holds posix.mkdir'):
            read_deeplabcut(path)
    else:  # not needed, so not read
        assert len(read_deeplabcut(path)) == 2
    assert not ran.exists()
    try:
        pandas.read_hdf(path)
    except (TypeError, AttributeError, ValueError):
        pass
    assert ran.exists()  # pandas would have run it


def test_columns_of_objects_are_refused(tmp_path):
    path, ran = tmp_path / 'a.h5', tmp_path / 'ran'
    frame = write(path, 'fixed')
    frame.astype(object).replace(1.0, Evil(str(ran))).to_hdf(path, key='k', mode='w')
    with pytest.raises(ValueError, match='a.h5 is no H5 file .*/k/block0_values is kept as Python'):
        read_deeplabcut(path)
    assert not ran.exists()
    pandas.read_hdf(path)
    assert ran.exists()


def test_other_tables(tmp_path):
    path = tmp_path / 'a.h5'
    with h5py.File(path, 'w') as file:
        file['tracks'] = np.zeros(3)
    with pytest.raises(ValueError, match='0 tables of pandas'):
        read_table(path, h5py)
    write(path, 'fixed').to_hdf(path, key='second')
    with pytest.raises(ValueError, match='2 tables of pandas'):
        read_table(path, h5py)
    write(path, 'fixed')
    with h5py.File(path, 'r+') as file:
        del file['df_with_missing/axis1']
    with pytest.raises(ValueError, match='it is laid out otherwise .*axis1'):
        read_table(path, h5py)
