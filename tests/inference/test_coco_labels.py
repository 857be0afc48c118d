"""COCO-style labels: values by hand, and what MMPose's CocoDataset makes of them."""
import json

import cv2
import numpy as np
import pytest
from mmpose.registry import DATASETS

from ikp_mm.inference.coco_labels import CocoSettings, ImageLabels, coco_labels
from ikp_mm.skeletons import Skeleton

SKELETON = Skeleton('worm', ['head', 'middle', 'tail'], [('head', 'middle'), ('middle', 'tail')])


def image(name='a/0.png', keypoints=((4, 6), (10, 20), (30, 12)), scores=(.9, .5, .2),
          square=(20, 16, 24)):
    return ImageLabels(name, 40, 32, np.array(keypoints, float), np.array(scores),
                       np.array(square, float), 'a', 7)


def test_values_by_hand():
    content, counts = coco_labels([image()], SKELETON, CocoSettings(min_score=0.4),
                                  dict(model='m'))
    assert content['info'] == {'model': 'm'}
    assert content['images'] == [dict(id=1, file_name='a/0.png', width=40, height=32, video='a',
                                      frame=7)]
    [annotation] = content['annotations']
    assert annotation['keypoints'] == [4, 6, 2, 10, 20, 2, 0, 0, 0]
    assert annotation['keypoint_scores'] == [.9, .5, .2]
    assert annotation['num_keypoints'] == 2 and annotation['score'] == 0.7
    # The box holds the dropped joint too: x 4 to 30, y 6 to 20.
    assert annotation['bbox'] == [4, 6, 26, 14] and annotation['area'] == 26 * 14
    assert (counts.images, counts.joints, counts.joints_unsure) == (1, 2, 1)
    json.dumps(content)


def test_category_counts_joints_from_one():
    [category] = coco_labels([], SKELETON, CocoSettings(), {})[0]['categories']
    assert category['keypoints'] == ['head', 'middle', 'tail']
    assert category['skeleton'] == [[1, 2], [2, 3]]


def test_dropped_images_are_counted_and_numbers_have_no_holes():
    images = [image('a/0.png', scores=(.9, .1, .1)), image('a/1.png')]
    content, counts = coco_labels(images, SKELETON, CocoSettings(min_score=0.4, min_joints=2), {})
    assert [entry['file_name'] for entry in content['images']] == ['a/1.png']
    assert content['annotations'][0]['image_id'] == content['images'][0]['id'] == 1
    assert (counts.images, counts.images_dropped, counts.joints_unsure) == (1, 1, 1)


def test_joints_outside_the_image_are_no_labels():
    content, counts = coco_labels([image(keypoints=((-.6, 6), (39.4, 31.4), (39.6, 12)))],
                                  SKELETON, CocoSettings(), {})
    assert content['annotations'][0]['keypoints'] == [0, 0, 0, 39.4, 31.4, 2, 0, 0, 0]
    assert counts.joints_outside == 2
    assert content['annotations'][0]['bbox'] == [0, 6, 39, 25]  # inside [0, W - 1], [0, H - 1]


def test_missing_joints():
    content, counts = coco_labels([image(keypoints=((np.nan, np.nan), (10, 20), (30, 12)),
                                         scores=(0, .5, .5))], SKELETON, CocoSettings(), {})
    assert content['annotations'][0]['keypoints'][:3] == [0, 0, 0]
    assert counts.joints_unsure == 1


def test_squares_beyond_the_image_are_counted():
    squares = [(20, 16, 24), (20, 16, 32), (10, 16, 24), (16, 16, 36)]
    content, counts = coco_labels([image(f'{i}.png', square=square)
                                   for i, square in enumerate(squares)], SKELETON,
                                  CocoSettings(box='square'), {})
    assert content['annotations'][0]['bbox'] == [8, 4, 24, 24]
    assert counts.boxes_beyond_image == 2  # the second only loses its last pixel


@pytest.mark.parametrize('box, padding, expected', [
    ('joints', 1.25, (17, 13, 26, 14)), ('square', 1.0, (20, 16, 24, 24))])
def test_coco_dataset_reads_what_was_written(tmp_path, box, padding, expected):
    (tmp_path / 'a').mkdir()
    cv2.imwrite(str(tmp_path / 'a/0.png'), np.zeros((32, 40, 3), np.uint8))
    content, _ = coco_labels([image()], SKELETON, CocoSettings(min_score=0.4, box=box), {})
    (tmp_path / 'labels.json').write_text(json.dumps(content))
    dataset = DATASETS.build(dict(
        type='CocoDataset', data_root=str(tmp_path), ann_file='labels.json',
        data_prefix=dict(img=''), metainfo=SKELETON.to_metainfo(),
        pipeline=[dict(type='LoadImage'), dict(type='GetBBoxCenterScale', padding=padding)]))
    sample = dataset[0]
    # Centre and size as written, enlarged by the pipeline's padding: nothing was clipped.
    np.testing.assert_allclose(sample['bbox_center'][0], expected[:2])
    np.testing.assert_allclose(sample['bbox_scale'][0], np.array(expected[2:]) * padding)
    np.testing.assert_allclose(sample['keypoints'][0, :2], [[4, 6], [10, 20]])
    np.testing.assert_allclose(sample['keypoints_visible'][0], [1, 1, 0])


@pytest.mark.parametrize('settings, message', [
    (dict(min_score=1.2), 'min_score must lie in 0 to 1, got 1.2'),
    (dict(min_joints=0), 'min_joints must be at least 1'),
    (dict(box='oval'), "box must be one of .*got 'oval'")])
def test_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        CocoSettings(**settings)


def test_bad_images():
    with pytest.raises(ValueError, match='two images are called a/0.png'):
        coco_labels([image(), image()], SKELETON, CocoSettings(), {})
    with pytest.raises(ValueError, match='a/0.png has keypoints \\(2, 2\\)'):
        coco_labels([image(keypoints=((0, 0), (1, 1)))], SKELETON, CocoSettings(), {})
    with pytest.raises(ValueError, match="a/0.png: the joints lie on one line.*'square'"):
        coco_labels([image(keypoints=((5, 5), (9, 5), (12, 5)))], SKELETON, CocoSettings(), {})
