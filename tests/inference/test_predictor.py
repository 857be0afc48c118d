import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpose.apis import inference_topdown, init_model

from ikp_mm.datasets.area_topdown_affine import STOCK, with_crop_step
from ikp_mm.inference import load_predictor
from ikp_mm.io.crop import crop_square
from tiny_checkpoint import save_tiny, tiny_config


def images(count):
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (int(rng.integers(20, 60)), int(rng.integers(20, 60)), 3),
                         dtype=np.uint8) for _ in range(count)]


# Inside the image, reaching out of it, smaller and larger than the network's input.
SQUARES = np.array([[15, 12, 16], [10.25, 30.5, 41.7], [3, 3, 9.5], [20, 20, 150]], np.float64)


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    torch.manual_seed(1)
    return save_tiny(tmp_path_factory.mktemp('checkpoint') / 'full.pth')


def boxes(squares):
    half = squares[:, 2:] / 2
    return np.concatenate([squares[:, :2] - half, squares[:, :2] + half], axis=1)


def test_predictor_is_mmposes_inference_topdown(checkpoint):
    predictor = load_predictor(checkpoint)
    found = predictor.predict(images(4), SQUARES)
    model = init_model(tiny_config(), str(checkpoint), device='cpu')
    for row, (image, box) in enumerate(zip(images(4), boxes(SQUARES))):
        theirs = inference_topdown(model, image, box[None])[0].pred_instances
        assert np.abs(found.keypoints[row] - theirs.keypoints[0]).max() < 1e-4
        assert np.abs(found.scores[row] - theirs.keypoint_scores[0]).max() < 1e-6
    assert predictor.skeleton.name == 'mouse4' and predictor.input_size == (16, 16)


def test_model_of_a_predictor_is_one_that_mmpose_takes(checkpoint):
    predictor = load_predictor(checkpoint)
    image = images(1)[0]
    height, width = image.shape[:2]
    whole = np.array([[width / 2, height / 2, max(width, height)]])
    # Without a box MMPose takes the whole image, and widens it to the input's proportions.
    theirs = inference_topdown(predictor.model, image)[0].pred_instances.keypoints[0]
    assert np.abs(predictor.predict([image], whole).keypoints[0] - theirs).max() < 1e-4


def test_large_pictures_are_averaged_as_in_training(tmp_path):
    """Also by a checkpoint whose pipeline has the step that aliases."""
    config = tiny_config()
    config.test_dataloader.dataset.pipeline = with_crop_step(
        config.test_dataloader.dataset.pipeline, STOCK)
    torch.manual_seed(1)
    predictor = load_predictor(save_tiny(tmp_path / 'old.pth', config))
    image = np.random.default_rng(0).integers(0, 256, (600, 600, 3), dtype=np.uint8)
    square = np.array([300., 310., 512.])
    found = predictor.predict([image], square[None]).keypoints[0]
    # What clips are written as, cut out again pixel by pixel.
    frame = crop_square(image, square, 16)
    expected = predictor.predict([frame], np.array([[8., 8., 16.]])).keypoints[0] / 16
    np.testing.assert_allclose((found - square[:2]) / 512 + 0.5, expected, atol=1e-6)
    theirs = inference_topdown(predictor.model, image, boxes(square[None]))[0].pred_instances
    np.testing.assert_allclose(theirs.keypoints[0], found, atol=1e-3)


def test_batch_is_its_members_one_by_one(checkpoint):
    predictor = load_predictor(checkpoint)
    together = predictor.predict(images(4), SQUARES)
    for row, image in enumerate(images(4)):
        alone = predictor.predict([image], SQUARES[row:row + 1])
        assert np.abs(alone.keypoints[0] - together.keypoints[row]).max() < 1e-4
    assert predictor.num_predicted == 8 and predictor.model_seconds > 0


def test_moving_image_and_square_moves_keypoints_alike(checkpoint):
    predictor = load_predictor(checkpoint)
    image = images(1)[0]
    moved = np.zeros((image.shape[0] + 7, image.shape[1] + 5, 3), np.uint8)
    moved[7:, 5:] = image
    # Wholly inside both, so that no border differs.
    square = np.array([[10, 10, 16.0]])
    first = predictor.predict([image], square).keypoints
    second = predictor.predict([moved], square + [5, 7, 0]).keypoints
    assert np.abs(second - first - [5, 7]).max() < 1e-3


def test_no_images_no_keypoints(checkpoint):
    found = load_predictor(checkpoint).predict([], np.zeros((0, 3)))
    assert found.keypoints.shape == (0, 4, 2) and found.scores.shape == (0, 4)


def test_stock_models_take_their_joints_from_the_checkpoint(tmp_path):
    head = dict(type='RegressionHead', in_channels=512, num_joints=4,
                decoder=dict(type='RegressionLabel', input_size=(16, 16)))
    config = tiny_config(
        type='TopdownPoseEstimator', head=head, neck=dict(type='GlobalAveragePooling'),
        backbone=dict(type='ResNet', depth=18))
    for key in ('generator', 'discriminator', 'loss_reconstruction'):
        config.model.pop(key)
    config.model.head.in_channels = 512
    predictor = load_predictor(save_tiny(tmp_path / 'stock.pth', config))
    assert predictor.skeleton.joints == ('snout', 'leftear', 'rightear', 'tailbase')
    assert predictor.skeleton.swap_indices == [0, 2, 1, 3]
    assert not predictor.has_scores
    assert np.all(predictor.predict(images(1), SQUARES[:1]).scores == 1)


@pytest.mark.parametrize('square', [(5, 5, 0), (5, 5, -2), (np.nan, 5, 3), (5, 5, np.inf)])
def test_square_without_size_is_refused_by_index(checkpoint, square):
    with pytest.raises(ValueError, match='square 1 is .*nothing can be cut out'):
        load_predictor(checkpoint).predict(images(2), np.array([[5, 5, 4], square]))


def test_images_and_squares_must_agree(checkpoint):
    predictor = load_predictor(checkpoint)
    with pytest.raises(ValueError, match=r'squares must be \(2, 3\).*got \(1, 3\)'):
        predictor.predict(images(2), SQUARES[:1])
    with pytest.raises(ValueError, match=r'image 0 must be uint8 \(H, W, 3\), got float64'):
        predictor.predict([np.zeros((4, 4, 3))], SQUARES[:1])
    with pytest.raises(ValueError, match=r'image 0 .*got uint8 \(4, 4\)'):
        predictor.predict([np.zeros((4, 4), np.uint8)], SQUARES[:1])


def test_config_file_replaces_the_checkpoints(checkpoint, tmp_path):
    config = tiny_config()
    # Another normalisation alone: other numbers, same weights.
    config.model.data_preprocessor.mean = [0, 0, 0]
    config.dump(tmp_path / 'other.py')
    own, other = load_predictor(checkpoint), load_predictor(checkpoint, tmp_path / 'other.py')
    assert np.abs(own.predict(images(1), SQUARES[:1]).keypoints
                  - other.predict(images(1), SQUARES[:1]).keypoints).max() > 1e-3
    assert isinstance(other.model.cfg, Config) and other.model.cfg.model.data_preprocessor.mean == [
        0, 0, 0]


def test_onnx_takes_no_config(tmp_path):
    with pytest.raises(ValueError, match='config, device and scores are for checkpoints'):
        load_predictor(tmp_path / 'model.onnx', config='some.py')
