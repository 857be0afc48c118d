import cv2
import numpy as np
import pytest

from ikp_mm.datasets.keypoint_frames import KeypointFramesDataset, keypoint_data_info
from ikp_mm.io.pictures import UnreadableFrameError
from ikp_mm.skeletons import MOUSE4

META_KEYS = ('id', 'img_id', 'img_path', 'ori_shape', 'img_shape', 'input_size', 'input_center',
             'input_scale', 'flip_indices', 'group')
PIPELINE = [dict(type='LoadImage'), dict(type='GetBBoxCenterScale', padding=1.0),
            dict(type='AreaTopdownAffine', input_size=(32, 32)),
            dict(type='PackPoseInputs', meta_keys=META_KEYS)]
KEYPOINTS = np.array([[10.0, 20.0], [np.nan, 5.0], [0.0, 63.0], [-3.0, 70.0]])


class TwoFrames(KeypointFramesDataset):

    def load_data_list(self):
        image = np.full((64, 64, 3), 7, np.uint8)
        return [dict(img=image, **keypoint_data_info(KEYPOINTS + i, (0, 0, 64, 64), i, f'walk{i}'))
                for i in range(2)]


def test_data_info():
    info = keypoint_data_info(KEYPOINTS, (1, 2, 3, 4), 9, 'walk')
    assert info['bbox'].tolist() == [[1, 2, 3, 4]] and info['bbox_score'].tolist() == [1]
    # A joint with either coordinate missing is missing; one outside the image is not.
    assert info['keypoints'].tolist() == [[[10, 20], [0, 0], [0, 63], [-3, 70]]]
    assert info['keypoints_visible'].tolist() == [[1, 0, 1, 1]]
    assert {info[key].dtype.name for key in
            ('bbox', 'bbox_score', 'keypoints', 'keypoints_visible')} == {'float32'}
    assert (info['id'], info['img_id'], info['group']) == (9, 9, 'walk')


def test_through_mmposes_test_pipeline():
    packed = TwoFrames(MOUSE4, PIPELINE)[1]
    assert packed['inputs'].shape == (3, 32, 32) and int(packed['inputs'][0, 16, 16]) == 7
    sample = packed['data_samples']
    assert sample.group == 'walk1' and sample.id == 1 and sample.ori_shape == (64, 64)
    assert sample.input_center.tolist() == [32, 32] and sample.input_scale.tolist() == [64, 64]
    assert sample.flip_indices == [0, 2, 1, 3]
    # The truth stays in pixels of the original image.
    np.testing.assert_allclose(sample.gt_instances.keypoints[0, 0], [11, 21])
    assert sample.gt_instances.keypoints_visible.tolist() == [[1, 0, 1, 1]]


def test_its_pictures_are_those_of_the_one_decoder(tmp_path):
    """A transparent picture: MMPose's own loading would show what is hidden in it."""
    cv2.imwrite(str(tmp_path / 'a.png'), np.zeros((64, 64, 4), np.uint8))

    class OneFile(KeypointFramesDataset):

        def load_data_list(self):
            return [dict(img_path=str(tmp_path / 'a.png'),
                         **keypoint_data_info(KEYPOINTS, (0, 0, 64, 64), 0, 'walk'))]

    packed = OneFile(MOUSE4, PIPELINE)[0]
    assert int(packed['inputs'][0, 16, 16]) == 255
    assert packed['data_samples'].img_path == str(tmp_path / 'a.png')
    (tmp_path / 'a.png').unlink()
    with pytest.raises(UnreadableFrameError, match='a.png'):
        OneFile(MOUSE4, PIPELINE)[0]


def test_metainfo_comes_from_the_skeleton():
    meta = TwoFrames(MOUSE4).metainfo
    assert meta['dataset_name'] == 'mouse4' and meta['num_keypoints'] == 4
    assert meta['flip_indices'] == [0, 2, 1, 3] and len(meta['skeleton_links']) == 5


def test_indices():
    assert len(TwoFrames(MOUSE4, indices=1)) == 1
    assert TwoFrames(MOUSE4, indices=[1]).get_data_info(0)['id'] == 1
