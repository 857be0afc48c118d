"""The boxes that frame poses, and poses as fractions of their frames."""
from pathlib import Path

import numpy as np
import pytest
from tiny_deeplabcut import ANIMALS, PREDICTED, images, project

from ikp_mm.io.formats.deeplabcut import read_deeplabcut
from ikp_mm.io.formats.pose_tables import PoseTable, choose_rows
from ikp_mm.priors.framing import frame_poses, landmark_boxes, row_boxes, to_frame, whole_boxes

NAN = np.nan


def test_square_of_the_larger_side_about_the_box_centre():
    # Box 40 x 20 with centre (30, 60); padded by 1.5 the frame is 60 wide from (0, 30).
    boxes = np.array([[10.0, 50, 50, 70]])
    points = np.array([[[0.0, 30], [30, 60], [60, 90], [15, NAN]]])
    np.testing.assert_allclose(to_frame(points, boxes, 1.5, 'x'),
                               [[[0, 0], [0.5, 0.5], [1, 1], [0.25, NAN]]])


def test_same_frame_as_mmpose_cuts_out():
    from mmpose.datasets.transforms import GetBBoxCenterScale, TopdownAffine
    box = np.array([[10.0, 50, 50, 70]], np.float32)
    points = np.array([[[12.0, 55], [49, 69]]], np.float32)
    results = dict(img=np.zeros((100, 100, 3), np.uint8), bbox=box, keypoints=points)
    results = GetBBoxCenterScale(padding=1.25).transform(results)
    results = TopdownAffine(input_size=(64, 64)).transform(results)
    np.testing.assert_allclose(to_frame(points, box, 1.25, 'x') * 64,
                               results['transformed_keypoints'], atol=1e-3)


def test_landmark_boxes_ignore_missing_points():
    points = np.array([[[1.0, 5], [NAN, NAN], [3, 2]], [[NAN, NAN]] * 3])
    np.testing.assert_array_equal(landmark_boxes(points), [[1, 2, 3, 5], [NAN] * 4])


# A whole figure of 4 x 6, in a box of (0, 0, 4, 6).
WHOLE = [[0.0, 0], [4, 0], [2, 3], [2, 6]]


def test_boxes_of_whole_figures_are_tight(warned):
    points = np.array([WHOLE, np.array(WHOLE) * 2 + 5])
    np.testing.assert_array_equal(whole_boxes(points, 'x'), landmark_boxes(points))
    # A joint that no pose has is no part of any.
    np.testing.assert_array_equal(
        whole_boxes(np.concatenate([points, np.full((2, 1, 2), NAN)], axis=1), 'x'),
        landmark_boxes(points))
    assert not warned


def test_a_part_of_a_figure_is_framed_as_the_whole(warned):
    # The same figure twice as large at (100, 50), of which the two lower joints are hidden; a wide
    # one, which it is not like, is there too.
    part = np.array(WHOLE) * 2 + [100, 50]
    part[2:] = NAN
    wide = [[0.0, 0], [4, 1], [9, 1], [12, 3]]
    boxes = whole_boxes(np.array([wide, part, WHOLE]), 'a.csv')
    np.testing.assert_allclose(boxes, [[0, 0, 12, 3], [100, 50, 108, 62], [0, 0, 4, 6]])
    assert 'a.csv: 1 of 3 poses lack joints' in warned[0] and '2 whole ones' in warned[0]


def test_where_no_figure_is_whole_the_user_is_asked():
    points = np.array([WHOLE, WHOLE])
    points[0, 0] = points[1, 3] = NAN
    with pytest.raises(ValueError, match="a.csv: no pose has all its joints.*another box="):
        whole_boxes(points, 'a.csv')


def test_bad_boxes_are_refused():
    points = np.zeros((2, 3, 2))
    with pytest.raises(ValueError, match=r'a.json: the box of row 1 .*\(1 of 2 rows\)'):
        to_frame(points, np.array([[0.0, 0, 1, 1], [5, 5, 5, 5]]), 1, 'a.json')
    with pytest.raises(ValueError, match='row 0'):
        to_frame(points, np.array([[NAN] * 4, [0, 0, 1, 1]]), 1, 'a.json')
    with pytest.raises(ValueError, match='padding must be positive'):
        to_frame(points, np.array([[0.0, 0, 1, 1]] * 2), 0, 'a.json')


BOXES = '''source,frame,x0,y0,x1,y1
m1,0,0,0,40,80
m1,2,0,20,80,100
'''


@pytest.fixture
def table(tmp_path):
    return read_deeplabcut(project(tmp_path))


def box_file(folder, text=BOXES):
    (folder / 'boxes.csv').write_text(text)
    return folder / 'boxes.csv'


def test_landmarks_box(table):
    # nose (10, 20), tail (30, 60): a box of 20 x 40 about (20, 40); the frame has side 50 and
    # begins at (-5, 15).
    poses = frame_poses(choose_rows(table, (0, 1)), 'landmarks', None)
    np.testing.assert_allclose(poses.keypoints, [[[0.3, 0.1], [0.7, 0.9]]])
    assert poses.joints == ('nose', 'tail')


def test_whole_frame(table):
    # A frame of 100 x 80: a square of 100 that begins 10 above it.
    poses = frame_poses(choose_rows(table, (0, 1)), (100, 80), None)
    np.testing.assert_allclose(poses.keypoints, [[[0.1, 0.3], [0.3, 0.7]]])
    with pytest.raises(ValueError, match=r"box is 'landmarks'.*got \(100,\)"):
        row_boxes(table, (100, ))


def test_box_file_by_the_folders_order(tmp_path, table):
    # Frames are counted among all images of the folder: img001 is 0, img002 1, img003 2, img010 3.
    folder = tmp_path / 'labeled-data/m1'
    images(folder, 'img001.png', 'img002.png', 'img003.png', 'img010.png')
    poses = frame_poses(choose_rows(table, None), box_file(tmp_path), None)
    # img001: the square of side 80 about (20, 40) begins at (-20, 0); img003: at (0, 20).
    np.testing.assert_allclose(poses.keypoints, [[[30 / 80, 20 / 80], [50 / 80, 60 / 80]],
                                                 [[40 / 80, 20 / 80], [20 / 80, 40 / 80]]])
    (folder / 'img010.png').unlink()
    with pytest.raises(FileNotFoundError, match='img010.png, named in .*lies neither beside'):
        row_boxes(choose_rows(table, None), tmp_path / 'boxes.csv')


def test_the_box_file_may_name_the_folder_with_those_above(tmp_path, table):
    images(tmp_path / 'labeled-data/m1', 'img001.png')
    path = box_file(tmp_path, BOXES.replace('m1,0', 'labeled-data_m1,0').replace('m1,2,', 'q,2,'))
    assert row_boxes(choose_rows(table, (0, 1)), path).tolist() == [[0, 0, 40, 80]]


def test_box_file_of_a_video(tmp_path):
    (tmp_path / 'predicted.csv').write_text(PREDICTED)
    table = read_deeplabcut(tmp_path / 'predicted.csv')
    boxes = row_boxes(table, box_file(tmp_path))
    assert boxes[0].tolist() == [0, 0, 40, 80] and np.isnan(boxes[1]).all()
    with pytest.raises(ValueError, match=r"boxes of \['m1', 'm2'\]: say which with source="):
        row_boxes(table, box_file(tmp_path, BOXES + 'm2,1,0,0,1,1\n'))
    assert np.isnan(row_boxes(table, tmp_path / 'boxes.csv', 'm2')[0]).all()


def test_box_files_that_cannot_serve(tmp_path, table):
    with pytest.raises(ValueError, match="source='m1' goes with a box file and frame numbers"):
        row_boxes(table, 'landmarks', 'm1')
    animals = read_deeplabcut(project(tmp_path / 'animals', ANIMALS))
    with pytest.raises(ValueError, match="several figures in a frame.*box='landmarks'"):
        row_boxes(animals, box_file(tmp_path))
    with pytest.raises(ValueError, match=r"box must be one of \['landmarks'\].*got 'bbox'"):
        row_boxes(table, 'bbox')
    with pytest.raises(FileNotFoundError, match='there is no box file'):
        row_boxes(table, 'nowhere.csv')
    images(tmp_path / 'labeled-data/m1', 'img001.png', 'img002.png', 'img003.png', 'img010.png')
    with pytest.raises(ValueError, match=r"no box for any of 1 poses; box=\['landmarks'\]"):
        frame_poses(choose_rows(table, (2, 3)), tmp_path / 'boxes.csv', None)


def own_boxes(boxes, points):
    """Poses of two joints, a box of the file's own each."""
    count = len(points)
    return PoseTable(Path('a.json'), ('nose', 'tail'), np.array(points, float),
                     tuple(f'{row}.png' for row in range(count)), ('',) * count,
                     boxes=dict(bbox=np.array(boxes, float)))


def test_rows_without_a_box_of_the_file_are_left_out_and_counted(warned):
    table = own_boxes([[0, 0, 10, 10], [np.nan] * 4], [[[0, 0.5], [10, 10]]] * 2)
    poses = frame_poses(table, 'bbox', 1.0)
    np.testing.assert_allclose(poses.keypoints, [[[0, 0.05], [1, 1]]])
    assert poses.rows == ('0.png', )
    assert 'a.json: left out 1 of 2 poses for whose frame bbox has no box' in warned[0]
    with pytest.raises(ValueError, match=r"no box for any of 1 poses; box=\['landmarks'\]"):
        frame_poses(table.take([1]), 'bbox', 1.0)


def test_points_far_outside_their_box_and_boxes_without_extent(warned):
    # 14 is 4 beyond a box of side 10, 16 is 6: more than half of it.
    points = [[[1, 2], [14, 10]], [[1, 2], [16, 10]], [[3, 4], [5, 6]]] + [[[1, 2], [3, 4]]] * 4
    table = own_boxes([[0, 0, 10, 10]] * 2 + [[3, 4, 3, 4]] + [[0, 0, 10, 10]] * 4, points)
    poses = frame_poses(table, 'bbox', 1.0).keypoints
    missing = np.isnan(poses).any(axis=2)
    assert missing[:3].tolist() == [[False, False], [False, True], [True, True]]
    assert not missing[3:].any()
    assert "2 points of 1 of 7 poses have a box bbox without extent" in warned[0]
    assert "lie far outside their box bbox (first: joint 'tail' of 1.png)" in warned[1]
