"""Files as COCO describes its keypoint format, and as MMPose's face jsons are (its test data)."""
import json

import numpy as np
import pytest
from tiny_coco import annotation, write

from ikp_mm.io.formats.coco import center_scale_boxes, read_coco

NAN = np.nan


def test_points_names_and_boxes(tmp_path):
    table = read_coco(write(tmp_path, [annotation(center=[70.0, 45.0], scale=0.2)]))
    assert table.joints == ('nose', 'left_ear', 'right_ear')
    # The third joint has v = 0: not labelled, wherever it is said to lie.
    np.testing.assert_array_equal(table.keypoints, [[[60, 40], [80, 50], [NAN, NAN]]])
    assert {kind: box.tolist() for kind, box in table.boxes.items()} == dict(
        bbox=[[50, 30, 90, 50]], center_scale=[[50, 25, 90, 65]], image=[[0, 0, 200, 100]])
    assert table.name(0) == 'a.jpg (annotation 1)'


def test_centre_and_scale_in_units_of_200_pixels():
    np.testing.assert_array_equal(center_scale_boxes(np.array([[300.0, 400]]), np.array([1.5])),
                                  [[150, 250, 450, 550]])


def test_categories_without_names(tmp_path):
    assert read_coco(write(tmp_path, [annotation()], names=())).joints is None
    assert read_coco(write(tmp_path, [annotation()], categories=None)).joints is None


CAT = dict(id=1, name='cat', keypoints=['a', 'b', 'c'])
DOG = dict(id=2, name='dog', keypoints=['b', 'a', 'c'])


def test_of_categories_with_other_joints_one_is_chosen(tmp_path):
    both = [annotation(), {**annotation(), 'id': 2, 'category_id': 2}]
    path = write(tmp_path, both, categories=[CAT, DOG])
    with pytest.raises(ValueError, match=r"ann.json: its categories \['cat', 'dog'\] have different "
                                         'keypoints.*category='):
        read_coco(path)
    for category in ('dog', 2):
        table = read_coco(path, category)
        assert table.joints == ('b', 'a', 'c') and table.figures == ('annotation 2', )
    with pytest.raises(ValueError, match=r"no category 'cow'; it has \['cat', 'dog'\]"):
        read_coco(path, 'cow')
    # A category that nothing belongs to is no matter.
    assert read_coco(write(tmp_path, both[:1], categories=[CAT, DOG])).joints == ('a', 'b', 'c')


@pytest.mark.parametrize('keypoints', [None, [], 'none'])
def test_annotations_without_keypoints_are_left_out_and_counted(tmp_path, warned, keypoints):
    bowl = {**annotation(), 'category_id': 2, 'keypoints': keypoints}
    if keypoints == 'none':
        del bowl['keypoints']
    path = write(tmp_path, [annotation(), bowl], categories=[CAT, dict(id=2, name='bowl')])
    assert len(read_coco(path)) == 1
    assert "left out 1 of 2 annotations without keypoints, of ['bowl']" in warned[0]


def test_joints_marked_visible_at_the_origin_are_not_labelled(tmp_path, warned):
    table = read_coco(write(tmp_path, [annotation((60, 40, 2, 0, 0, 2, -1, -1, 1))]))
    assert np.isnan(table.keypoints).any(axis=2).tolist() == [[False, True, True]]
    assert "2 points of 1 of 1 poses lie at exactly (0, 0) or (-1, -1)" in warned[0]
    assert "first: joint 'left_ear' of a.jpg (annotation 1)" in warned[0]


@pytest.mark.parametrize('boxes', [
    # Two of them would leave their image of 200 x 100.
    [[100, 30, 150, 80], [110, 20, 180, 90]],
    # None would; but their points lie in the upper left.
    [[40, 30, 80, 50], [40, 20, 90, 50]]])
def test_corners_for_sizes_are_refused(tmp_path, boxes):
    annotations = [{**annotation((*box[:2], 2, *box[2:], 2, box[0], box[3], 2)), 'bbox': box}
                   for box in boxes]
    with pytest.raises(ValueError, match=r'ann.json: bbox seems to be x0, y0, x1, y1 .*of a.jpg'):
        read_coco(write(tmp_path, annotations))
    sizes = [{**one, 'bbox': [box[0], box[1], box[2] - box[0], box[3] - box[1]]}
             for one, box in zip(annotations, boxes)]
    np.testing.assert_array_equal(read_coco(write(tmp_path, sizes)).boxes['bbox'], boxes)


def test_boxes_that_are_none_are_named(tmp_path):
    for bad in ([1, 2, 3], [1, 2, 3, 'x'], [1, 2, 3, NAN]):
        path = write(tmp_path, [{**annotation(), 'bbox': bad}])
        with pytest.raises(ValueError, match='ann.json: annotation 1 of a.jpg: bbox hold'):
            read_coco(path)
    path = write(tmp_path, [{**annotation(), 'bbox': None}])
    assert np.isnan(read_coco(path).boxes['bbox']).all()
    path = write(tmp_path, [annotation()], images=[dict(id=8, width=1, height=1)])
    assert np.isnan(read_coco(path).boxes['image']).any()


def test_annotations_of_different_length_are_named(tmp_path):
    path = write(tmp_path, [annotation(), {**annotation(keypoints=[1] * 6), 'id': 5}])
    with pytest.raises(ValueError, match='ann.json: annotation 5 of a.jpg has 6 numbers.*3 joints'):
        read_coco(path)
    path = write(tmp_path, [annotation(keypoints=[1] * 6), annotation()], names=())
    with pytest.raises(ValueError, match='annotation 1 of a.jpg has 9 numbers.*2 joints'):
        read_coco(path)
    path = write(tmp_path, [annotation(keypoints=[1, 2, 'x'])])
    with pytest.raises(ValueError, match='annotation 1 of a.jpg: keypoints hold .*not numbers'):
        read_coco(path)


def test_other_files(tmp_path):
    with pytest.raises(FileNotFoundError, match='gone.json.*docs/priors.md'):
        read_coco(tmp_path / 'gone.json')
    (tmp_path / 'a.json').write_text('{"images": [')
    with pytest.raises(ValueError, match='a.json is not JSON'):
        read_coco(tmp_path / 'a.json')
    (tmp_path / 'deep.json').write_text('[' * 100_000)
    with pytest.raises(ValueError, match='deep.json is not JSON: maximum recursion depth'):
        read_coco(tmp_path / 'deep.json')
    (tmp_path / 'b.json').write_text('[1]')
    with pytest.raises(ValueError, match="b.json has no list 'images'"):
        read_coco(tmp_path / 'b.json')
    with pytest.raises(ValueError, match='ann.json: none of 0 annotations has keypoints'):
        read_coco(write(tmp_path, []))


@pytest.mark.parametrize('changes, message', [
    (dict(images=[3]), r'images\[0\] is 3, not a dictionary'),
    (dict(images=[dict(id=[1])]), r'id of images\[0\] is \[1\]'),
    (dict(annotations=[dict(image_id={})]), r'image_id of annotations\[0\] is {}'),
    (dict(categories=7), "no list 'categories'"),
    (dict(categories=[dict(id=1, keypoints='nose')], annotations=[
        dict(category_id=1, keypoints=[1, 1, 2])]), "'keypoints' of category 1 are 'nose', not"),
    (dict(images=[dict(id=1, width='wide')]), r"width of images\[0\] is 'wide'")])
def test_entries_of_another_kind_are_named(tmp_path, changes, message):
    path = tmp_path / 'odd.json'
    path.write_text(json.dumps({**dict(images=[], annotations=[]), **changes}))
    with pytest.raises(ValueError, match=f'odd.json.*{message}'):
        read_coco(path)


def test_other_keys_may_hold_anything(tmp_path):
    """Ids as pandas writes them, lists that are read nowhere."""
    path = tmp_path / 'own.json'
    path.write_text(json.dumps(dict(
        images=[dict(id=1.0, file_name='a.png', category_id=[1])], categories={},
        annotations=[dict(id=None, image_id=1.0, keypoints=[3, 4, 2], width=[1])])))
    found = read_coco(path)
    assert found.frames == ('a.png',) and found.keypoints.tolist() == [[[3, 4]]]
