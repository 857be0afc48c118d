"""The boxes that frame the rows of a table."""
from pathlib import Path

import numpy as np
import pytest
from tiny_deeplabcut import ANIMALS, PREDICTED, images, project

from ikp_mm.io.formats.deeplabcut import read_deeplabcut
from ikp_mm.io.formats.pose_tables import PoseTable, choose_rows
from ikp_mm.priors.table_framing import frame_poses, row_boxes

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
