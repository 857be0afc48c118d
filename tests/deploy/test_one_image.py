"""One picture, the same keypoints by every route that a user can take (issue 4, 4.2)."""
import importlib.util

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.apis import inference_topdown, init_model
from mmpose.registry import MODELS

from ikp_mm.deploy.publish import slim_checkpoint, write_slim
from ikp_mm.deploy.sdk import SDKDetector
from ikp_mm.inference import load_predictor
from tiny_export import PROVENANCE, people_config, picture
from tiny_sdk import emulated_sdk

# Pixels of the picture; the square has 24, so 1e-5 of the frame are 2.4e-4.
TOLERANCE = 2.4e-4
SQUARE = (26.0, 21.0, 24.0)


# A whole pixel for each of the network's: where the SDK's resampling is no resampling.
UNSCALED = (26.0, 21.0, 16.0)


def by_mmpose(model):
    cx, cy, side = SQUARE
    box = np.array([[cx - side / 2, cy - side / 2, cx + side / 2, cy + side / 2]])
    return inference_topdown(model, picture(), box)[0].pred_instances.keypoints[0]


@pytest.fixture(scope='module')
def gan_keypoints(mmdeploy_folder):
    """The whole KeypointGAN, as trained."""
    init_default_scope('mmpose')
    config = people_config()
    model = MODELS.build(config.model)
    checkpoint = torch.load(mmdeploy_folder / 'people.pth', weights_only=True)
    model.load_state_dict(checkpoint['state_dict'])
    model.cfg, model.dataset_meta = config, checkpoint['meta']['dataset_meta']
    found = by_mmpose(model.eval())
    # They depend on what is cut out, or agreement would mean nothing.
    assert np.ptp(found, axis=0).max() > 1
    return found


def by_onnx_runtime(folder, square=SQUARE):
    return load_predictor(folder / 'end2end.onnx').predict(
        [picture()], np.array([square])).keypoints[0]


def test_stock_estimator(mmdeploy_folder, gan_keypoints, tmp_path):
    content = slim_checkpoint(mmdeploy_folder / 'people.pth', PROVENANCE)
    # In full precision: what half precision adds is measured apart (test_publish.py).
    whole = torch.load(mmdeploy_folder / 'people.pth', weights_only=True)['state_dict']
    content['state_dict'] = {key: whole[key] for key in content['state_dict']}
    slim = write_slim(content, tmp_path, 'people')
    config = Config.fromstring(torch.load(slim, weights_only=True)['meta']['cfg'], '.py')
    np.testing.assert_allclose(by_mmpose(init_model(config, str(slim), device='cpu')),
                               gan_keypoints, atol=TOLERANCE)


def test_onnx_runtime(mmdeploy_folder, gan_keypoints):
    np.testing.assert_allclose(by_onnx_runtime(mmdeploy_folder), gan_keypoints, atol=TOLERANCE)
    elsewhere = by_onnx_runtime(mmdeploy_folder, (20.0, 20.0, 20.0))
    assert np.abs(elsewhere - gan_keypoints).max() > 1


def test_emulated_sdk(mmdeploy_folder):
    """Where it does not shrink: the SDK's own crop interpolates linearly, ours averages."""
    np.testing.assert_allclose(emulated_sdk(mmdeploy_folder, picture(), UNSCALED),
                               by_onnx_runtime(mmdeploy_folder, UNSCALED), atol=TOLERANCE)


@pytest.mark.skipif(importlib.util.find_spec('mmdeploy_runtime') is None,
                    reason='mmdeploy-runtime is not installed (make extras)')
def test_real_sdk(mmdeploy_folder):
    found = SDKDetector(mmdeploy_folder)(picture(), np.array(UNSCALED))
    np.testing.assert_allclose(found[:, :2], by_onnx_runtime(mmdeploy_folder, UNSCALED),
                               atol=TOLERANCE)
    assert (found[:, 2] == 1).all()  # its post-processing of coordinates knows no confidence
