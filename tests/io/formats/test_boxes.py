"""Box files: what is read, and what is refused with its line."""
import json

import numpy as np
import pytest

from ikp_mm.io.formats.boxes import read_box_file, write_box_file

HEADER = 'source,frame,x0,y0,x1,y1\n'


def csv_file(tmp_path, body, header=HEADER):
    path = tmp_path / 'boxes.csv'
    path.write_text(header + body)
    return path


def json_file(tmp_path, images, annotations):
    path = tmp_path / 'boxes.json'
    path.write_text(json.dumps(dict(
        images=[dict(id=i, file_name=name) for i, name in images],
        annotations=[dict(image_id=i, bbox=box) for i, box in annotations])))
    return path


def test_csv(tmp_path):
    file = read_box_file(csv_file(tmp_path, 'b,2,1,2,3.5,4\na,0,5,6,7,8\n\nb,0,,,,\n'))
    assert file.sources == ['b', 'a']
    np.testing.assert_array_equal(file.boxes('b', 4), [[np.nan] * 4, [np.nan] * 4, [1, 2, 3.5, 4],
                                                       [np.nan] * 4])
    np.testing.assert_array_equal(file.boxes('a', 1), [[5, 6, 7, 8]])
    assert file.zero_size('b', 4) == []


def test_round_trip(tmp_path):
    boxes = np.array([[1.25, 2, 30, 40], [np.nan] * 4, [-3, 0, 5, 8]])
    write_box_file(tmp_path / 'b.csv', {'v, "1"': enumerate(boxes)})
    np.testing.assert_array_equal(read_box_file(tmp_path / 'b.csv').boxes('v, "1"', 3), boxes)


def test_boxes_without_area_are_none_and_listed(tmp_path):
    file = read_box_file(csv_file(tmp_path, 'a,0,1,1,1,5\na,1,1,1,2,2\na,2,4,4,4,8\n'))
    assert file.zero_size('a', 3) == [0, 2]
    assert np.isnan(file.boxes('a', 3)[:, 0]).tolist() == [True, False, True]


@pytest.mark.parametrize('body, message', [
    ('a,0,1,2,3\n', 'line 2: 5 fields, 6 are needed'),
    ('a,0,1,2,3,4\na,x,1,2,3,4\n', "line 3: source and frame.*'x'"),
    ('a,-1,1,2,3,4\n', "line 2: source and frame.*'-1'"),
    (',0,1,2,3,4\n', 'line 2: source and frame'),
    ('a,0,10,20,9,40\n', r'line 2: x1, y1 lie before x0, y0; .*not x, y, width, height'),
    ('a,0,1,2,three,4\n', 'line 2: .* are not four numbers'),
    ('a,0,1,2,,4\n', 'line 2: .* are not four numbers'),
    ('a,0,1,2,inf,4\n', 'line 2: a box is four finite numbers'),
    ('a,0,1,2,3,4\nb,0,1,2,3,4\na,0,1,2,3,4\n', "line 4: frame 0 of 'a' has a box in line 2"),
    ('', 'holds no box')])
def test_csv_refuses(tmp_path, body, message):
    with pytest.raises(ValueError, match=message):
        read_box_file(csv_file(tmp_path, body))


def test_other_files_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match='no box file .*nowhere.csv'):
        read_box_file(tmp_path / 'nowhere.csv')
    with pytest.raises(ValueError, match='line 1: the header is source,frame,.*got scorer,me'):
        read_box_file(csv_file(tmp_path, 'a,0\n', header='scorer,me\n'))


def test_another_encoding_is_named(tmp_path):
    (tmp_path / 'b.csv').write_text(HEADER + 'a,0,1,2,3,4\n', encoding='utf-16')
    with pytest.raises(ValueError, match='b.csv is not text in UTF-8'):
        read_box_file(tmp_path / 'b.csv')


def test_sources_and_frames_that_do_not_exist(tmp_path):
    file = read_box_file(csv_file(tmp_path, 'mouse_1,0,1,2,3,4\nmouse_1,7,1,2,3,4\n'))
    with pytest.raises(ValueError, match="no box of 'mouse1'.*did you mean 'mouse_1'"):
        file.boxes('mouse1', 8)
    with pytest.raises(ValueError, match=r"frame 7 of 'mouse_1', which has 7 frames \(0 .. 6\)"):
        file.boxes('mouse_1', 7)


def test_json(tmp_path):
    file = read_box_file(json_file(
        tmp_path, [(3, 'set/m4/img2.jpg'), (5, 'set/m4/img10.jpg'), (9, 'set/m4/img11.jpg')],
        [(5, [10, 20, 30, 40]), (3, [1, 2, 0, 5])]))
    files = ['img2.jpg', 'img10.jpg', 'img11.jpg']
    found = file.boxes('set_m4', 3, files)
    np.testing.assert_array_equal(found, [[np.nan] * 4, [10, 20, 40, 60], [np.nan] * 4])
    assert file.zero_size('set_m4', 3, files) == [0]
    with pytest.raises(ValueError, match='is no folder of images: write a CSV'):
        file.boxes('set_m4', 3)
    with pytest.raises(ValueError, match='has no image img2.jpg'):
        file.boxes('set_m4', 1, ['img10.jpg'])


def test_json_without_folders_belongs_to_whoever_has_the_file(tmp_path):
    file = read_box_file(json_file(tmp_path, [(0, 'a.png'), (1, 'other.png')],
                                   [(0, [1, 2, 3, 4]), (1, [5, 5, 5, 5])]))
    np.testing.assert_array_equal(file.boxes('anything', 2, ['a.png', 'b.png'])[0], [1, 2, 4, 6])
    with pytest.raises(ValueError, match="no box of 'x'"):
        file.boxes('x', 1, ['c.png'])


def test_json_without_folders_is_for_one_folder(tmp_path):
    file = read_box_file(json_file(tmp_path, [(0, 'a.png')], [(0, [1, 2, 3, 4])]))
    file.boxes('day1', 1, ['a.png'])
    with pytest.raises(ValueError, match="names a.png without its folder, and both 'day1' and 'day2'"):
        file.boxes('day2', 1, ['a.png'])


@pytest.mark.parametrize('content, message', [
    ('{', 'b.json is not JSON'), ('[]', "no list 'images'.*COCO-style"),
    ('{"images": []}', "no list 'annotations'"),
    ('{"images": [{"id": 1}, {"id": 1}], "annotations": []}', r"images\[1\] needs an 'id' of its"),
    ('{"images": [{"id": 1}], "annotations": [{"image_id": 1}]}', "its image has no 'file_name'"),
    ('{"images": [{"id": 1, "file_name": "a"}], "annotations": [{"bbox": {}, "image_id": 1}]}',
     'annotation None of a: bbox hold .*not numbers'),
    ('{"images": [], "annotations": [{"bbox": [1, 2, 3, 4], "image_id": 4}]}',
     'no image has the id 4'),
    ('{"images": [{"id": 1, "file_name": "a"}], "annotations": [{"bbox": [1], "image_id": 1}]}',
     'four finite numbers')])
def test_json_refuses(tmp_path, content, message):
    (tmp_path / 'b.json').write_text(content)
    with pytest.raises(ValueError, match=message):
        read_box_file(tmp_path / 'b.json')


def test_json_refuses_two_figures(tmp_path):
    with pytest.raises(ValueError, match=r'annotations\[1\]: a/b.png has a box already'):
        read_box_file(json_file(tmp_path, [(0, 'a/b.png')], [(0, [1, 1, 2, 2]), (0, [0, 0, 1, 1])]))


def test_json_without_a_box_and_in_other_encodings(tmp_path, warned):
    path = json_file(tmp_path, [(0, 'w/a.png'), (1, 'w/b.png'), (2, 'w/c.png')],
                     [(0, [1, 2, 3, 4]), (1, None), (2, [])])
    for encoding in ('utf-8', 'utf-8-sig', 'utf-16'):
        (tmp_path / 'boxes.JSON').write_text(path.read_text(encoding='utf-8'), encoding=encoding)
        found = read_box_file(tmp_path / 'boxes.JSON').boxes('w', 3, ['a.png', 'b.png', 'c.png'])
        np.testing.assert_array_equal(found[:, 0], [1, np.nan, np.nan])
        assert 'left out 2 of 3 annotations without a bbox' in warned.pop()


def test_of_several_categories_one_is_chosen(tmp_path):
    content = dict(images=[dict(id=0, file_name='w/a.png')], categories=[
        dict(id=1, name='mouse'), dict(id=2, name='bowl')], annotations=[
        dict(image_id=0, category_id=1, bbox=[1, 2, 3, 4]),
        dict(image_id=0, category_id=2, bbox=[5, 6, 7, 8])])
    path = tmp_path / 'b.json'
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"boxes of \['mouse', 'bowl'\]: say whose with category"):
        read_box_file(path)
    for category in ('bowl', 2):
        assert read_box_file(path, category).boxes('w', 1, ['a.png']).tolist() == [[5, 6, 12, 14]]
    with pytest.raises(ValueError, match=r"no category 'cup'; it has \['mouse', 'bowl'\]"):
        read_box_file(path, 'cup')
    with pytest.raises(ValueError, match='has no categories'):
        read_box_file(csv_file(tmp_path, 'a,0,1,2,3,4\n'), 'bowl')


def test_json_with_corners_for_sizes_is_refused(tmp_path):
    images = [dict(id=i, file_name=f'w/{i}.png', width=100, height=80) for i in range(3)]
    corners = [[50, 10, 90, 60], [60, 20, 95, 70], [5, 5, 40, 60]]
    path = tmp_path / 'b.json'
    path.write_text(json.dumps(dict(images=images, annotations=[
        dict(image_id=i, bbox=box) for i, box in enumerate(corners)])))
    with pytest.raises(ValueError, match=r'b.json: bbox seems to be x0, y0, x1, y1 .*\[50, 10, 90, 60'
                                         r'\] of w/0.png; 2 of 3 would leave'):
        read_box_file(path)
