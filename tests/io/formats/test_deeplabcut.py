"""Both CSV layouts, predictions, several animals, H5; and what is refused."""
import sys

import numpy as np
import pytest
from tiny_deeplabcut import ANIMALS, NEW, OLD, PREDICTED, project

from ikp_mm.io.formats.deeplabcut import read_deeplabcut, read_label_files
from ikp_mm.io.formats.pose_tables import image_paths

pandas = pytest.importorskip('pandas')

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


def test_empty_cells_may_say_nan(tmp_path):
    table = read_deeplabcut(write(tmp_path, OLD.replace('50,20,,', '50,20,nan,NaN')))
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


def write_h5(path, points=POINTS, multi=False, scorer='Ann', layout='fixed'):
    columns = pandas.MultiIndex.from_product([[scorer], ['nose', 'tail'], ['x', 'y']],
                                             names=['scorer', 'bodyparts', 'coords'])
    names = ['img002.png', 'img010.png', 'img001.png', 'img003.png']
    index = [f'labeled-data/m1/{name}' for name in names]
    if multi:
        index = pandas.MultiIndex.from_tuples([('labeled-data', 'm1', name) for name in names])
    frame = pandas.DataFrame(np.reshape(points, (4, 4)), columns=columns, index=index)
    frame.to_hdf(path, key='df_with_missing', mode='w', format=layout)
    return path


@pytest.mark.parametrize('multi, layout', [(False, 'fixed'), (True, 'fixed'), (False, 'table')])
def test_h5_is_the_same_table(tmp_path, multi, layout):
    write_h5(tmp_path / 'labels.h5', multi=multi, layout=layout)
    table, same = read_deeplabcut(tmp_path / 'labels.h5'), read_deeplabcut(write(tmp_path, OLD))
    assert table.joints == same.joints and table.frames == same.frames
    np.testing.assert_array_equal(table.keypoints, same.keypoints)


def test_h5_of_something_else(tmp_path):
    with pytest.raises(ValueError, match='text.h5 is no H5 file of DeepLabCut'):
        read_deeplabcut(write(tmp_path, 'x', 'text.h5'))
    pandas.DataFrame({'a': [1]}).to_hdf(tmp_path / 'a.h5', key='a', mode='w')
    with pytest.raises(ValueError, match=r"a.h5: its columns are \['a'\], .*must be scorer, body"):
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
    assert len(read_label_files(project(tmp_path), 'Ann')) == 4
    with pytest.raises(ValueError, match=r"holds labels of \['Ann'\]: say whose"):
        read_label_files(project(tmp_path), 'Bob')


def images(folder, *names):
    for name in names:
        (folder / name).touch()


@pytest.mark.parametrize('named', ['', 'labeled-data/gone/', 'C:\\\\Users\\\\ann\\\\labeled-data\\\\{}\\\\',
                                   '/home/ann/labeled-data/{}/'])
def test_labels_of_each_video_go_with_its_own_images(tmp_path, named):
    for video in ('m1', 'm2'):
        file = project(tmp_path, video=video)
        file.write_text(OLD.replace('labeled-data/m1/', named.format(video)))
        images(file.parent, 'img001.png', 'img002.png', 'img003.png', 'img010.png')
    table = read_label_files(tmp_path)
    assert len(set(table.frames)) == 8
    assert [path.parent.name for path in image_paths(table)] == ['m1'] * 4 + ['m2'] * 4


def test_a_renamed_video_is_told_and_a_copied_one_asked_about(tmp_path, warned):
    file = project(tmp_path, video='new')
    file.write_text(OLD)
    assert read_label_files(tmp_path).frames[0] == 'labeled-data/new/img002.png'
    assert "CollectedData_Ann.csv names images of ['m1'], which are not there" in warned[0]
    file.write_text(OLD.replace('labeled-data/m1/img010', 'img003'))
    with pytest.raises(ValueError, match=r"names 4 images of \['m1'\], of which only 3 names differ"):
        read_label_files(tmp_path)
    file.write_text(OLD.replace('labeled-data/m1/img010', 'img010'))
    assert read_label_files(tmp_path).frames[1] == 'labeled-data/new/img010.png'
    project(tmp_path)
    with pytest.raises(ValueError, match=r"new/CollectedData_Ann.csv names images of \['m1'\], which are"):
        read_label_files(tmp_path)


def test_csv_and_h5_that_differ_are_refused(tmp_path):
    file = project(tmp_path)
    h5 = write_h5(file.with_suffix('.h5'))
    assert len(read_label_files(tmp_path)) == 4
    moved = np.array(POINTS)
    moved[3, 1, 0] += 5
    write_h5(h5, moved)
    with pytest.raises(ValueError, match="CollectedData_Ann.csv and CollectedData_Ann.h5 beside it "
                                         "differ, first in joint 'tail' of .*m1/img003.png .*newer"):
        read_label_files(tmp_path)
    assert read_label_files(h5).keypoints[3, 1, 0] == 25
    moved[3, 1] = np.nan  # one more label in the CSV
    write_h5(h5, moved)
    with pytest.raises(ValueError, match="'tail' of .*m1/img003.png"):
        read_label_files(tmp_path)


def test_of_two_scorers_none_vanishes(tmp_path, warned):
    file = project(tmp_path)
    write_h5(file.with_name('CollectedData_Bob.h5'), scorer='Bob')
    with pytest.raises(ValueError, match=r"several scorers: \['CollectedData_Ann.csv', "
                                         r"'CollectedData_Bob.h5'\].*scorer="):
        read_label_files(tmp_path)
    assert len(read_label_files(tmp_path, 'Bob')) == 4
    # A folder that has nothing of hers is named.
    project(tmp_path, video='m2').rename(tmp_path / 'labeled-data/m2/CollectedData_Bob.CSV')
    assert len(read_label_files(tmp_path, 'Ann')) == 4
    assert "no CollectedData_Ann.csv or .h5 in 1 of 2 folders: ['m2']" in warned[0]


def test_scorers_of_other_videos_are_told(tmp_path, warned):
    project(tmp_path)
    file = project(tmp_path, video='m2')
    file.rename(file.with_name('CollectedData_Bob.csv'))
    assert len(read_label_files(tmp_path)) == 8
    assert "several scorers, each of other videos: ['m1/CollectedData_Ann.csv', 'm2/Coll" in warned[0]


def test_a_scorers_columns_in_a_file_of_two(tmp_path):
    text = OLD.replace('Ann,Ann,Ann,Ann', 'Ann,Ann,Bob,Bob').replace('tail,tail', 'nose,nose')
    file = write(tmp_path, text)
    np.testing.assert_array_equal(read_deeplabcut(file, 'Bob').keypoints[2], [[30, 60]])


def test_points_that_mark_absence_are_not_labelled(tmp_path, warned):
    table = read_deeplabcut(write(tmp_path, OLD.replace('30,60', '0,0')))
    assert np.isnan(table.keypoints[2, 1]).all()
    assert "lie at exactly (0, 0) or (-1, -1) (first: joint 'tail' of labeled-data/m1/img001.png)" \
        in warned[0]


@pytest.mark.parametrize('absent', ['pandas', 'tables', 'h5py'])
def test_without_pandas_one_line_says_what_to_install(tmp_path, monkeypatch, absent):
    monkeypatch.setitem(sys.modules, absent, None)
    with pytest.raises(ImportError, match="pip install pandas tables h5py .the extra 'deeplabcut'"):
        read_deeplabcut(write(tmp_path, OLD))


def test_videos_with_other_body_parts_are_refused(tmp_path):
    project(tmp_path)
    project(tmp_path, OLD.replace('tail', 'paw'), 'm2')
    with pytest.raises(ValueError, match=r"m2.*\['nose', 'paw'\].*two sources"):
        read_label_files(tmp_path)


@pytest.mark.parametrize('text, message', [
    ('', 'is no table'),
    ('frame,x,y\n0,1,2\n', r"begin with \['frame', '0'\].*must be scorer, bodyparts, coords"),
    (''.join(OLD.splitlines(True)[:3]), '0 rows'),
    (OLD.replace('coords,x,y,x,y', 'coords,x,y,x,z'), r"lacking: \[\('', 'tail', 'y'\)\]"),
    (OLD.replace('tail,tail', 'nose,nose'), "given twice: .*'nose', 'x'"),
    (OLD.replace('10,20', 'ten,20'), "'nose' of .*img001.png holds what is no finite number.*'ten'"),
    (OLD.replace('10,20', '10,'), "'nose' of .*img001.*only one of x and y"),
    (OLD.replace('10,20', '10,inf'), "'nose' of .*img001.png holds what is no finite number"),
    (OLD.replace('img010', 'img001'), 'img001.png stands there twice'),
    (OLD.replace('30,60', '30,60,7'), 'is no table: .*Expected 5 fields in line 6, saw 6'),
    (OLD.replace('labeled-data/m1/img003.png', ''), 'row 4 under the header names no frame'),
    (ANIMALS.replace('b,b,b,b', 'b,b,c,c'), r"lacking: \[\('b', 'tail', 'x'\)"),
    (OLD.replace('Ann\n', 'Bob\n'), r"holds labels of \['Ann', 'Bob'\]: say whose with scorer="),
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
    with pytest.raises(ValueError, match='c.csv is no table'):
        read_deeplabcut(tmp_path / 'c.csv')


def test_labels_copied_to_pictures_with_labels_drawn_on_are_left_out_and_named(tmp_path, warned):
    """napari, opened on what check_labels drew, leaves a copy of the labels there."""
    file = project(tmp_path)
    alone = read_label_files(tmp_path)
    copy = file.parents[1] / 'm1_labeled' / file.name
    copy.parent.mkdir()
    copy.write_text(file.read_text())
    table = read_label_files(tmp_path)
    assert table.frames == alone.frames
    assert warned == [f"{tmp_path}: left out, pictures with labels drawn on: ['m1_labeled']"]
