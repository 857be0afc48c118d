"""Which rows of a table are taken, and where their images lie."""
import pytest
from tiny_deeplabcut import ANIMALS, OLD, images, project

from ikp_mm.io.formats.deeplabcut import read_deeplabcut
from ikp_mm.io.formats.pose_tables import choose_rows, image_paths


@pytest.fixture
def table(tmp_path):
    return read_deeplabcut(project(tmp_path))


def names(table):
    return [frame[-7:-4] for frame in table.frames]


def test_rows_are_ordered_by_number_and_empty_ones_left_out(table):
    assert names(choose_rows(table, None)) == ['001', '003', '010']
    assert names(choose_rows(table, (0, 2))) == ['001', '003']
    assert names(choose_rows(table, (-1, None))) == ['010']
    with pytest.raises(ValueError, match=r'subset=\(3, 9\) leaves none of 3 frames .*of 4'):
        choose_rows(table, (3, 9))
    with pytest.raises(ValueError, match='subset is'):
        choose_rows(table, (1, ))


def test_a_subset_counts_frames_not_animals(tmp_path):
    animals = read_deeplabcut(project(tmp_path, ANIMALS))
    assert choose_rows(animals, (0, 1)).figures == ('a', 'b')
    assert choose_rows(animals, (1, 2)).figures == ('a', )


ALL = ('img001.png', 'img002.png', 'img003.png', 'img010.png')


def test_where_images_lie(tmp_path, table):
    images(tmp_path / 'labeled-data/m1', *ALL[1:])
    with pytest.raises(FileNotFoundError, match=r'img001.png, named in .*neither beside.*\(1 of 4'):
        image_paths(table)
    images(tmp_path / 'labeled-data/m1', ALL[0])
    assert image_paths(table)[0] == tmp_path / 'labeled-data/m1/img002.png'
    # A file of labels taken elsewhere, its images with it.
    (tmp_path / 'else').mkdir()
    (tmp_path / 'else/labels.csv').write_text(OLD.replace('labeled-data/m1', 'old/place'))
    images(tmp_path / 'else', *ALL)
    moved = image_paths(read_deeplabcut(tmp_path / 'else/labels.csv'))
    assert moved[1] == tmp_path / 'else/img010.png'


def test_each_image_is_looked_for_by_as_much_of_its_path_as_is_there(tmp_path):
    # One file for two videos, written on another machine.
    rows = ''.join(f'C:\\old\\labeled-data\\{video}\\img001.png,1,2,3,4\n' for video in ('m1', 'm2'))
    (tmp_path / 'labels.csv').write_text(''.join(OLD.splitlines(True)[:3]) + rows)
    table = read_deeplabcut(tmp_path / 'labels.csv')
    images(tmp_path, 'img001.png')
    with pytest.raises(ValueError, match='m1/img001.png and .*m2/img001.png, but only .*img001.png'):
        image_paths(table)
    for video in ('m1', 'm2'):
        (tmp_path / video).mkdir()
        images(tmp_path / video, 'img001.png')
    assert image_paths(table) == [tmp_path / video / 'img001.png' for video in ('m1', 'm2')]
