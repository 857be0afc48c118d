"""Both CSV layouts, predictions, several animals, H5; and what is refused."""
import numpy as np
import pytest
from tiny_deeplabcut import ANIMALS, NEW, OLD, PREDICTED, project

from ikp_mm.io.formats.deeplabcut import read_deeplabcut, read_label_files

POINTS = [[[np.nan, np.nan]] * 2, [[50, 20], [np.nan, np.nan]], [[10, 20], [30, 60]],
          [[40, 40], [20, 60]]]


def write(folder, text, name='labels.csv'):
    (folder / name).write_text(text)
    return folder / name


@pytest.mark.parametrize('text', [OLD, NEW, OLD.replace('/m1/', '\\m1\\'), '\ufeff' + NEW])
def test_one_and_three_columns_of_index(tmp_path, text):
    table = read_deeplabcut(write(tmp_path, text))
    assert table.joints == ('nose', 'tail') and table.scores is None
    assert table.frames[2] == 'labeled-data/m1/img001.png' and len(table) == 4
    np.testing.assert_array_equal(table.keypoints, POINTS)


def test_predictions(tmp_path):
    table = read_deeplabcut(write(tmp_path, PREDICTED))
    assert table.frames == (0, 1, 2) and not table.of_images
    np.testing.assert_array_equal(table.scores, [[0.9, 0.8], [0.95, 0.1], [0.05, 0.02]])
    sure = table.sure(0.5).keypoints
    np.testing.assert_array_equal(sure[1], [[40, 40], [np.nan, np.nan]])
    assert np.isnan(sure[2]).all() and not np.isnan(sure[0]).any()


def test_columns_that_are_no_points_are_not_read(tmp_path):
    # lightning-pose says of labelled frames in which set they were.
    lines = PREDICTED.splitlines()
    added = [',set', ',', ',', ',train', ',val', ',unused']
    table = read_deeplabcut(write(tmp_path, '\n'.join(map(''.join, zip(lines, added)))))
    assert table.joints == ('nose', 'tail') and table.keypoints.shape == (3, 2, 2)


def test_animals_become_rows_and_the_arena_is_left_out(tmp_path):
    table = read_deeplabcut(write(tmp_path, ANIMALS))
    assert table.joints == ('nose', 'tail')
    assert table.figures == ('a', 'b', 'a', 'b')
    assert table.frames == ('labeled-data/m1/img001.png',) * 2 + ('labeled-data/m1/img003.png',) * 2
    np.testing.assert_array_equal(table.keypoints[1], [[40, 40], [20, 60]])
    assert np.isnan(table.keypoints[3]).all()


@pytest.mark.parametrize('multi', [False, True])
def test_h5_is_the_same_table(tmp_path, multi):
    pandas = pytest.importorskip('pandas')
    pytest.importorskip('tables')
    columns = pandas.MultiIndex.from_product([['Ann'], ['nose', 'tail'], ['x', 'y']],
                                             names=['scorer', 'bodyparts', 'coords'])
    names = ['img002.png', 'img010.png', 'img001.png', 'img003.png']
    index = [f'labeled-data/m1/{name}' for name in names]
    if multi:
        index = pandas.MultiIndex.from_tuples([('labeled-data', 'm1', name) for name in names])
    frame = pandas.DataFrame(np.reshape(POINTS, (4, 4)), columns=columns, index=index)
    frame.to_hdf(tmp_path / 'labels.h5', key='df_with_missing', mode='w')
    table, same = read_deeplabcut(tmp_path / 'labels.h5'), read_deeplabcut(write(tmp_path, OLD))
    assert table.joints == same.joints and table.frames == same.frames
    np.testing.assert_array_equal(table.keypoints, same.keypoints)


def test_h5_of_something_else(tmp_path):
    pandas = pytest.importorskip('pandas')
    pytest.importorskip('tables')
    with pytest.raises(ValueError, match='text.h5 is no H5 file of DeepLabCut'):
        read_deeplabcut(write(tmp_path, 'x', 'text.h5'))
    pandas.DataFrame({'a': [1]}).to_hdf(tmp_path / 'a.h5', key='a', mode='w')
    with pytest.raises(ValueError, match='a.h5: its columns have the levels'):
        read_deeplabcut(tmp_path / 'a.h5')


def test_a_project_is_all_its_videos(tmp_path):
    project(tmp_path, video='m10')
    project(tmp_path, video='m2')
    table = read_label_files(tmp_path)
    assert len(table) == 8 and table.frames[0] == 'labeled-data/m2/img002.png'
    assert len(read_label_files(tmp_path / 'labeled-data/m10')) == 4
    (tmp_path / 'labeled-data/m2/CollectedData_Bob.csv').write_text(OLD)
    with pytest.raises(ValueError, match=r'several scorers.*CollectedData_Bob.csv.*scorer='):
        read_label_files(tmp_path)
    assert len(read_label_files(tmp_path, 'Ann')) == 8
    with pytest.raises(FileNotFoundError, match='no CollectedData_Eve'):
        read_label_files(tmp_path, 'Eve')
    with pytest.raises(ValueError, match="scorer='Ann' goes with a folder"):
        read_label_files(project(tmp_path), 'Ann')


def test_videos_with_other_body_parts_are_refused(tmp_path):
    project(tmp_path)
    project(tmp_path, OLD.replace('tail', 'paw'), 'm2')
    with pytest.raises(ValueError, match=r"m2.*\['nose', 'paw'\].*two sources"):
        read_label_files(tmp_path)


@pytest.mark.parametrize('text, message', [
    ('', 'first rows begin with'),
    ('frame,x,y\n0,1,2\n', r"begin with \['frame', '0'\].*must be scorer, bodyparts, coords"),
    (''.join(OLD.splitlines(True)[:3]), 'a header and no row'),
    (OLD.replace('coords,x,y,x,y', 'coords,x,y,x,z'), 'every body part needs x and y'),
    (OLD.replace('tail,tail', 'nose,nose'), "'x' of 'nose'.*two columns"),
    (OLD.replace('10,20', 'ten,20'), "row 3 under the header, 'nose' is 'ten'"),
    (OLD.replace('10,20', '10,'), "'nose' of .*img001.*only one of x and y"),
    (OLD.replace('10,20', '10,inf'), "row 3 under the header, 'nose' is infinite"),
    (OLD.replace('img010', 'img001'), 'img001.png stands there twice'),
    (OLD.replace('30,60', '30,60,7'), 'line 6: 6 cells, 5 in the header'),
    (ANIMALS.replace('b,b,b,b', 'b,b,c,c'), r"'b' has \['nose'\], 'a' has"),
])
def test_what_is_refused(tmp_path, text, message):
    with pytest.raises(ValueError, match=f'labels.csv.*{message}'):
        read_deeplabcut(write(tmp_path, text))


def test_other_files(tmp_path):
    with pytest.raises(ValueError, match='a.txt is neither .csv nor .h5'):
        read_deeplabcut(write(tmp_path, 'x', 'a.txt'))
    with pytest.raises(FileNotFoundError, match='b.csv'):
        read_deeplabcut(tmp_path / 'b.csv')
    (tmp_path / 'c.csv').write_bytes(b'\xff\xfe\x00')
    with pytest.raises(ValueError, match='c.csv is not text'):
        read_deeplabcut(tmp_path / 'c.csv')
