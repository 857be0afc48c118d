"""Files as COCO describes its keypoint format, and as MMPose's face jsons are (its test data)."""
import json

import numpy as np
import pytest
from mmengine.logging import MMLogger

from ikp_mm.priors.coco import coco_poses

NAN = np.nan


def write(folder, annotations, names=('nose', 'left_ear', 'right_ear'), **changes):
    data = dict(images=[dict(id=7, file_name='a.jpg', width=200, height=100)],
                annotations=annotations,
                categories=[dict(id=1, name='person', supercategory='person',
                                 keypoints=list(names), skeleton=[])])
    path = folder / 'ann.json'
    path.write_text(json.dumps({**data, **changes}))
    return path


def annotation(keypoints=(60, 40, 2, 80, 50, 1, 0, 0, 0), **more):
    return dict(id=1, image_id=7, category_id=1, iscrowd=0, area=800.0, num_keypoints=2,
                keypoints=list(keypoints), bbox=[50.0, 30.0, 40.0, 20.0], **more)


@pytest.mark.parametrize('box, expected', [
    # bbox: centre (70, 40), side 40 * 1.25 = 50, so the frame begins at (45, 15).
    ('bbox', [[0.3, 0.5], [0.7, 0.7]]),
    # centre (70, 45), side 0.2 * 200 * 1.25 = 50, beginning at (45, 20).
    ('center_scale', [[0.3, 0.4], [0.7, 0.6]]),
    # The labelled points' box is 20 x 10 about (70, 45); side 25, beginning at (57.5, 32.5).
    ('landmarks', [[0.1, 0.3], [0.9, 0.7]]),
    # The image's square is 200 about (100, 50); side 250, beginning at (-25, -75).
    ('image', [[0.34, 0.46], [0.42, 0.5]]),
])
def test_frames(tmp_path, box, expected):
    path = write(tmp_path, [annotation(center=[70.0, 45.0], scale=0.2)])
    poses = coco_poses(path, box=box)
    assert poses.joints == ('nose', 'left_ear', 'right_ear')
    # The third joint has v = 0: not labelled, wherever it is said to lie.
    np.testing.assert_allclose(poses.keypoints, [[*expected, [NAN, NAN]]])


def test_categories_without_names(tmp_path):
    assert coco_poses(write(tmp_path, [annotation()], names=())).joints is None
    path = write(tmp_path, [annotation()], categories=[dict(id=1, name='person')])
    assert coco_poses(path).joints is None
    path = write(tmp_path, [annotation()], categories=[
        dict(id=1, name='cat', keypoints=['a', 'b', 'c']),
        dict(id=2, name='dog', keypoints=['b', 'a', 'c'])])
    with pytest.raises(ValueError, match='ann.json: its categories have different keypoints'):
        coco_poses(path)


def test_annotations_with_few_joints_are_left_out(tmp_path, monkeypatch):
    logged = []
    monkeypatch.setattr(MMLogger.get_current_instance(), 'warning', logged.append)
    unlabelled = annotation(keypoints=[0] * 9)
    path = write(tmp_path, [annotation(), unlabelled,
                            annotation(keypoints=(60, 40, 2) * 3)])
    assert len(coco_poses(path).keypoints) == 2
    assert 'left out 1 of 3 annotations' in logged[0]
    assert len(coco_poses(path, min_visible=3).keypoints) == 1
    assert 'left out 2 of 3 annotations with fewer than 3 labelled' in logged[1]
    with pytest.raises(ValueError, match='none of 3 annotations has 4'):
        coco_poses(path, min_visible=4)


def test_a_box_the_annotation_lacks(tmp_path):
    path = write(tmp_path, [annotation()])
    with pytest.raises(ValueError, match=r"annotation 1 has no center and scale; "
                                         r"box=\['bbox', 'landmarks'\]"):
        coco_poses(path, box='center_scale')
    with pytest.raises(ValueError, match="box must be one of .*'face'"):
        coco_poses(path, box='face')
    path = write(tmp_path, [{**annotation(), 'bbox': [1, 2, 3]}])
    with pytest.raises(ValueError, match='ann.json: annotation 1: bbox hold'):
        coco_poses(path)
    path = write(tmp_path, [annotation()], images=[dict(id=8, width=1, height=1)])
    with pytest.raises(ValueError, match='annotation 1 belongs to image 7'):
        coco_poses(path, box='image')


def test_annotations_of_different_length_are_named(tmp_path):
    path = write(tmp_path, [annotation(), {**annotation(keypoints=[1] * 6), 'id': 5}])
    with pytest.raises(ValueError, match='ann.json: annotation 5 has 6 numbers.*3 joints'):
        coco_poses(path)
    path = write(tmp_path, [annotation(keypoints=[1] * 6), annotation()], names=())
    with pytest.raises(ValueError, match='annotation 1 has 9 numbers.*2 joints'):
        coco_poses(path)
    no_keypoints = annotation()
    del no_keypoints['keypoints']
    with pytest.raises(ValueError, match='annotation 1 has 0 numbers'):
        coco_poses(write(tmp_path, [no_keypoints]))


def test_other_files(tmp_path):
    with pytest.raises(FileNotFoundError, match='gone.json.*docs/priors.md'):
        coco_poses(tmp_path / 'gone.json')
    (tmp_path / 'a.json').write_text('{"images": [')
    with pytest.raises(ValueError, match='a.json is not JSON'):
        coco_poses(tmp_path / 'a.json')
    (tmp_path / 'b.json').write_text('[1]')
    with pytest.raises(ValueError, match="b.json has no list 'images'"):
        coco_poses(tmp_path / 'b.json')
    with pytest.raises(ValueError, match='ann.json holds no annotation'):
        coco_poses(write(tmp_path, []))
