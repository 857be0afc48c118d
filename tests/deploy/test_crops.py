"""Real inputs to compare on."""
import cv2
import numpy as np
import pytest
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample

from ikp_mm.deploy.crops import Crops, _truth, image_crops
from ikp_mm.deploy.crops import test_set_crops as frames_of_test_set
from ikp_mm.io.pictures import UnreadableFrameError
from tiny_export import people_detector


@pytest.fixture
def detector(tmp_path):
    return people_detector(tmp_path)


def test_truth_is_in_fractions_of_the_frame():
    # A frame of 40 px centred at (50, 60): its corner lies at (30, 40).
    sample = PoseDataSample(
        metainfo=dict(input_center=np.array([50., 60.]), input_scale=np.array([40., 40.])),
        gt_instances=InstanceData(keypoints=np.array([[[30., 40.], [60., 50.], [1., 1.]]]),
                                  keypoints_visible=np.array([[1., 1., 0.]])))
    np.testing.assert_allclose(_truth(sample), [[[0, 0], [0.75, 0.25], [np.nan, np.nan]]])


def test_frames_are_spread_over_the_test_set(detector):
    crops = frames_of_test_set(detector, 3)
    assert crops.inputs.shape == (3, 3, 16, 16) and crops.truth.shape == (3, 17, 2)
    assert crops.origin == '3 of the 16 frames of the test set'
    everything = frames_of_test_set(detector, 100)
    np.testing.assert_array_equal(crops.inputs, everything.inputs[[0, 8, 15]])
    assert (crops.truth > 0).all() and (crops.truth < 1).all()


def test_pictures_are_normalised_as_the_network_takes_them(detector, tmp_path):
    path = tmp_path / 'flat.png'
    cv2.imwrite(str(path), np.full((16, 16, 3), (10, 20, 30), np.uint8))  # BGR
    crops = image_crops(detector, [path])
    # RGB minus mean (100, 110, 120) over std (50, 60, 70).
    np.testing.assert_allclose(crops.inputs[0].mean(dim=(1, 2)),
                               [(30 - 100) / 50, (20 - 110) / 60, (10 - 120) / 70], rtol=1e-5)
    assert crops.truth is None


def test_pictures_that_are_none_are_named(detector, tmp_path):
    with pytest.raises(FileNotFoundError, match='absent.png'):
        image_crops(detector, [tmp_path / 'absent.png'])
    (tmp_path / 'text.png').write_text('no picture')
    with pytest.raises(UnreadableFrameError, match='text.png: not an image'):
        image_crops(detector, [tmp_path / 'text.png'])


def test_slices_keep_inputs_and_truth_together(detector):
    crops = frames_of_test_set(detector, 4)
    half = crops[1::2]
    assert isinstance(half, Crops) and len(half) == 2
    np.testing.assert_array_equal(half.truth, crops.truth[[1, 3]])
    np.testing.assert_array_equal(half.inputs, crops.inputs[[1, 3]])
