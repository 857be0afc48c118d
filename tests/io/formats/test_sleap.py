"""SLEAP's analysis exports, CSV and HDF5."""
import json

import numpy as np
import pytest

from ikp_mm.io.formats.sleap import read_sleap

# Two instances in frame 0; that of frame 5 was set by hand, its tail is missing.
CSV = '''track,frame_idx,instance.score,a.b.x,a.b.y,a.b.score,tail.x,tail.y,tail.score
one,0,0.95,10,20,0.9,30,60,0.8
two,0,0.5,40,40,0.7,20,60,0.1
,5,nan,12,14,,,,
'''
NODES = ('a.b', 'tail')


def write(folder, text):
    (folder / 'a.analysis.csv').write_text(text)
    return folder / 'a.analysis.csv'


def test_csv(tmp_path):
    table = read_sleap(write(tmp_path, CSV))
    assert table.joints == NODES and table.frames == (0, 0, 5)
    assert table.figures == ('one', 'two', '')
    np.testing.assert_array_equal(table.keypoints, [[[10, 20], [30, 60]], [[40, 40], [20, 60]],
                                                    [[12, 14], [np.nan, np.nan]]])

def test_nodes_without_a_score_column_have_none(tmp_path):
    text = CSV.replace(',tail.score', '').replace('30,60,0.8', '30,60').replace(
        '20,60,0.1', '20,60').replace('12,14,,,,', '12,14,,,')
    table = read_sleap(write(tmp_path, text))
    np.testing.assert_array_equal(table.scores, [[0.9, np.nan], [0.7, np.nan], [np.nan, np.nan]])


def test_points_that_mark_absence_are_not_labelled(tmp_path, warned):
    table = read_sleap(write(tmp_path, CSV.replace('20,60', '0,0')))
    assert np.isnan(table.keypoints[1, 1]).all()
    assert "1 points of 1 of 3 poses lie at exactly (0, 0)" in warned[0]
    assert "first: joint 'tail' of frame 0 (two)" in warned[0]


@pytest.mark.parametrize('dims', [None, ('track', 'xy', 'node', 'frame'),
                                  ('frame', 'track', 'node', 'xy')])
def test_hdf5(tmp_path, dims):
    h5py = pytest.importorskip('h5py')
    tracks = np.full((2, 2, 2, 6), np.nan)  # (track, xy, node, frame)
    tracks[0, :, :, 0] = [[10, 30], [20, 60]]
    tracks[1, :, :, 0] = [[40, 20], [40, 60]]
    tracks[0, :, 0, 5] = [12, 14]
    scores = np.where(np.isnan(tracks[:, 0]), np.nan, 0.75)
    axes = ('track', 'xy', 'node', 'frame')
    with h5py.File(tmp_path / 'a.h5', 'w') as file:
        order = [axes.index(axis) for axis in dims or axes]
        file['tracks'] = tracks.transpose(order)
        kept = [axis for axis in dims or axes if axis != 'xy']
        file['point_scores'] = scores.transpose([('track', 'node', 'frame').index(axis)
                                                 for axis in kept])
        if dims:
            file['tracks'].attrs['dims'] = json.dumps(dims)
            file['point_scores'].attrs['dims'] = json.dumps(kept)
        file['node_names'] = [name.encode() for name in NODES]
        file['track_names'] = [b'one', b'two']
    table, same = read_sleap(tmp_path / 'a.h5'), read_sleap(write(tmp_path, CSV))
    assert table.joints == same.joints and table.frames == same.frames
    assert table.figures == ('one', 'two', 'one')
    np.testing.assert_array_equal(table.keypoints, same.keypoints)
    np.testing.assert_array_equal(table.scores, [[0.75, 0.75], [0.75, 0.75], [0.75, np.nan]])


def test_hdf5_of_something_else(tmp_path):
    h5py = pytest.importorskip('h5py')
    with h5py.File(tmp_path / 'b.h5', 'w') as file:
        file['frames'] = [1]
    with pytest.raises(ValueError, match=r"b.h5 has no \['tracks', 'node_names'\]"):
        read_sleap(tmp_path / 'b.h5')
    (tmp_path / 'c.h5').write_text('x')
    with pytest.raises(ValueError, match='c.h5 is no HDF5 file'):
        read_sleap(tmp_path / 'c.h5')


@pytest.mark.parametrize('text, message', [
    ('', 'has the columns track, frame_idx'),
    ('scorer,a\nbodyparts,b\n', r"its first line has \['scorer', 'a'\]"),
    (CSV.splitlines()[0], '0 instances'),
    (CSV.replace('tail.y', 'tail.w'), r"columns missing: \['tail.y'\]"),
    (CSV.replace('40,40', '40,x'), "a.b.y in frame 0 is 'x'"),
    (CSV.replace('two,0', 'two,first'), 'instance 2 has 9 cells of 9, or no frame number'),
])
def test_what_is_refused(tmp_path, text, message):
    with pytest.raises(ValueError, match=f'a.analysis.csv.*{message}'):
        read_sleap(write(tmp_path, text))


def test_other_files(tmp_path):
    (tmp_path / 'u.csv').write_text(CSV, encoding='utf-16')
    with pytest.raises(ValueError, match='u.csv is not text in UTF-8'):
        read_sleap(tmp_path / 'u.csv')
    (tmp_path / 'a.slp').write_text('x')
    with pytest.raises(ValueError, match='export a .slp project as analysis first'):
        read_sleap(tmp_path / 'a.slp')
    with pytest.raises(FileNotFoundError, match='b.csv'):
        read_sleap(tmp_path / 'b.csv')
