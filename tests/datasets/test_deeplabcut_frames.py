"""Labelled frames of a project as a test set."""
import cv2
import numpy as np
import pytest
from mmpose.registry import DATASETS
from tiny_deeplabcut import ANIMALS, OLD, PREDICTED, project

from ikp_mm.io.pictures import UnreadableFrameError
from ikp_mm.datasets.deeplabcut_frames import DeepLabCutFramesDataset

FISH = dict(name='fish', joints=['nose', 'tail'], edges=[['nose', 'tail']])
BOXES = 'source,frame,x0,y0,x1,y1\nm1,0,0,0,40,80\nm1,2,0,20,80,100\n'


@pytest.fixture
def root(tmp_path):
    file = project(tmp_path)
    for name in ('img001', 'img002', 'img003', 'img010'):
        cv2.imwrite(str(file.parent / f'{name}.png'), np.zeros((80, 100, 3), np.uint8))
    (tmp_path / 'boxes.csv').write_text(BOXES)
    return tmp_path


def load(root, **options):
    return DATASETS.build({**dict(type='DeepLabCutFramesDataset', ann_file='.',
                                  data_root=str(root), skeleton=FISH), **options})


def test_whole_image(root):
    dataset = load(root)
    info = dataset.get_data_info(0)
    assert len(dataset) == 3 and info['img_path'].endswith('labeled-data/m1/img001.png')
    assert info['bbox'].tolist() == [[0, -10, 100, 90]]  # the square about 100 x 80
    assert info['keypoints'].tolist() == [[[10, 20], [30, 60]]]
    assert info['group'] == 'm1'
    assert dataset.get_data_info(2)['keypoints_visible'].tolist() == [[1, 0]]


def test_box_file_frames_and_counts_what_has_no_box(root):
    dataset = load(root, box=str(root / 'boxes.csv'))
    assert [dataset.get_data_info(i)['bbox'][0].tolist() for i in range(len(dataset))] == [
        [-20, 0, 60, 80], [0, 20, 80, 100]]
    assert [dataset.get_data_info(i)['id'] for i in range(2)] == [0, 1]
    wide = load(root, box=str(root / 'boxes.csv'), padding=1.5, subset=(0, 1))
    assert wide.get_data_info(0)['bbox'].tolist() == [[-40, -20, 80, 100]]
    with pytest.raises(ValueError, match='no box for any of 1 frames'):
        load(root, box=str(root / 'boxes.csv'), subset=(2, 3))


def test_boxes_of_the_labels(root, warned):
    dataset = load(root, box='landmarks', subset=(0, 2))
    assert dataset.get_data_info(0)['bbox'].tolist() == [[-5, 15, 45, 65]]
    # img010 has one label, which has no box.
    assert len(load(root, box='landmarks')) == 2
    assert '1 of 3 labelled frames are not scored: landmarks has no box for them' in warned[-1]


def test_two_videos_with_bare_names_keep_their_own_images(root):
    for video in ('m1', 'm2'):
        file = project(root, video=video)
        file.write_text(OLD.replace('labeled-data/m1/', ''))
        for name in ('img001', 'img002', 'img003', 'img010'):
            cv2.imwrite(str(file.parent / f'{name}.png'), np.zeros((80, 100, 3), np.uint8))
    dataset = load(root)
    assert [dataset.get_data_info(i)['group'] for i in range(6)] == ['m1'] * 3 + ['m2'] * 3
    assert '/m2/' in dataset.get_data_info(3)['img_path']


def test_several_animals_are_several_figures(root):
    project(root, ANIMALS)
    dataset = load(root, box='landmarks')
    assert [dataset.get_data_info(i)['keypoints'][0, 0].tolist() for i in range(len(dataset))] == [
        [10, 20], [40, 40], [12, 20]]


def test_missing_body_parts_are_named(root):
    three = dict(name='f', joints=['nose', 'fin', 'tail'], edges=[['nose', 'fin']])
    with pytest.raises(ValueError, match=r"CollectedData_Ann.csv: lacks the joints \['fin'\].*"
                                         'joint_names=.*allow_missing=True'):
        load(root, skeleton=three)
    assert load(root, skeleton=three, allow_missing=True).get_data_info(0)[
        'keypoints_visible'].tolist() == [[1, 0, 1]]
    mean = load(root, skeleton=three, joint_names=dict(fin=['nose', 'tail']))
    assert mean.get_data_info(0)['keypoints'][0, 1].tolist() == [20, 40]


def test_what_is_refused(root):
    (root / 'predicted.csv').write_text(PREDICTED)
    with pytest.raises(ValueError, match='predicted.csv holds predictions.*needs labels'):
        load(root, ann_file='predicted.csv')
    with pytest.raises(ValueError, match='padding must be positive'):
        load(root, padding=0)
    with pytest.raises(FileNotFoundError, match='nowhere'):
        load(root, ann_file='nowhere')
    (root / 'labeled-data/m1/img003.png').write_bytes(b'x')
    for box in ('image', str(root / 'boxes.csv')):
        with pytest.raises(UnreadableFrameError, match='img003.png'):
            load(root, box=box)


def test_meta_dictionary_in_place_of_a_skeleton(root):
    meta = load(root).metainfo
    assert meta['num_keypoints'] == 2
    with pytest.raises(ValueError, match='skeleton=... or metainfo'):
        DeepLabCutFramesDataset('.', str(root))
