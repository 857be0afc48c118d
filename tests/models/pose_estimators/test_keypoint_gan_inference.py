"""What KeypointGAN answers, and that MMPose's own TopdownPoseEstimator answers the same."""
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.structures import InstanceData
from mmpose.apis import inference_topdown, init_model
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.structures import PoseDataSample
from tiny_model import TINY_GAN, TINY_STOCK, build, pairs

from ikp_mm.engine.hooks.training_state import plain
from ikp_mm.models import KeypointGAN
from ikp_mm.skeletons import MOUSE4

# ------------------------------------------------------------------ predictions

def sample(center, scale):
    made = PoseDataSample(metainfo=dict(
        input_center=torch.tensor(center).numpy(), input_scale=torch.tensor(scale).numpy(),
        input_size=(16, 16), flip_indices=[0, 2, 1, 3]))
    made.gt_instances = InstanceData(bboxes=torch.zeros(1, 4).numpy(),
                                     bbox_scores=torch.ones(1).numpy())
    return made


def always(x, y):
    """An eta that puts all four joints at one place, in unit coordinates."""
    return lambda skeletons: torch.tensor([x, y]).expand(len(skeletons), 4, 2)


def test_predict_in_pixels_of_the_original_frame():
    model = build().eval()
    model.head.keypoints = always(0., 0.5)
    model.frozen_head.keypoints = always(-0.5, 1.)
    samples = [sample([20., 10.], [40., 40.]), sample([8., 8.], [16., 16.])]
    with torch.no_grad():
        first, second = model.predict(torch.randn(2, 3, 16, 16), samples)
    # (1/2, 3/4) of the 40 px frame with its corner at (0, -10); and of the 16 px frame at (0, 0)
    assert first.pred_instances.keypoints.tolist() == [[[20, 20]] * 4]
    assert second.pred_instances.keypoints.tolist() == [[[8, 12]] * 4]
    # Before stage two there is no frozen eta: the same eta answers.
    assert first.pred_instances.keypoints_offline.tolist() == [[[20, 20]] * 4]
    model.head_is_frozen.fill_(True)
    with torch.no_grad():
        first, second = model.predict(torch.randn(2, 3, 16, 16), samples)
    # (1/4, 1): (10, 40) + (0, -10); (4, 16)
    assert first.pred_instances.keypoints_offline.tolist() == [[[10, 30]] * 4]
    assert second.pred_instances.keypoints_offline.tolist() == [[[4, 16]] * 4]
    assert first.pred_instances.keypoints.tolist() == [[[20, 20]] * 4]


def test_kept_joints_are_kept_in_both_answers():
    model = build(test_cfg=dict(output_keypoint_indices=[3, 0])).eval()
    model.head.keypoints = lambda y: torch.tensor(
        [[-1., -1.], [0., 0.], [0., 0.], [1., 1.]]).expand(len(y), 4, 2)
    with torch.no_grad():
        first, = model.predict(torch.randn(1, 3, 16, 16), [sample([8., 8.], [16., 16.])])
    assert first.pred_instances.keypoints.tolist() == [[[16, 16], [0, 0]]]
    assert first.pred_instances.keypoints_offline.tolist() == [[[16, 16], [0, 0]]]


def y_and_rendering(monkeypatch, model, y, rendered):
    """Let Phi and beta give images of one value each."""
    monkeypatch.setattr(model.backbone, 'forward', lambda x: (torch.full((len(x), 1, 8, 8), y), ))
    monkeypatch.setattr(model.head, 'render', lambda p: torch.full((len(p), 1, 8, 8), rendered))


def test_agreement_is_the_squared_difference_of_y_and_its_rendering(monkeypatch):
    model = build().eval()
    # y = -1/2 everywhere, rendered as -1 everywhere: 1/4.
    y_and_rendering(monkeypatch, model, -0.5, -1.)
    with torch.no_grad():
        results = model.predict(torch.randn(2, 3, 16, 16), [sample([8., 8.], [16., 16.])] * 2)
    assert [r.pred_instances.agreement.tolist() for r in results] == [[0.25], [0.25]]


def test_val_step_on_frame_pairs_gives_the_label_free_figures(monkeypatch):
    model, data = build().eval(), pairs(2)
    y_and_rendering(monkeypatch, model, -0.5, -1.)
    model.head.keypoints = always(0.25, -0.75)
    # The reconstruction is black; targets are 51 / 255 = 0.2 where the weight is 1, else white.
    black = -model.data_preprocessor.mean / model.data_preprocessor.std
    monkeypatch.setattr(model.generator, 'forward', lambda s, a: black.expand(len(a), 3, 16, 16))
    data['weight'] = torch.zeros(2, 1, 16, 16)
    data['weight'][..., :4] = 1
    data['target'] = torch.full((2, 3, 16, 16), 255, dtype=torch.uint8)
    data['target'][..., :4] = 51
    for step in (model.val_step, model.test_step):
        results = step(data)
        assert len(results) == 2
        for result in results:
            assert result.label_free['agreement'] == pytest.approx(0.25)
            assert result.label_free['reconstruction'] == pytest.approx(0.04, rel=1e-5)
            assert result.label_free['keypoints'].tolist() == [[0.25, -0.75]] * 4


# ------------------------------------------------------------------ in a stock estimator

PIPELINE = [
    dict(type='LoadImage'), dict(type='GetBBoxCenterScale', padding=1.0),
    dict(type='AreaTopdownAffine', input_size=(16, 16)),
    dict(type='PackPoseInputs', meta_keys=('input_center', 'input_scale', 'input_size',
                                           'flip_indices', 'img_shape', 'ori_shape'))]


def config(model, flip_test, path: Path) -> str:
    """Write a config file as a user would."""
    Config(dict(
        default_scope='mmpose',
        custom_imports=dict(imports=['ikp_mm'], allow_failed_imports=False),
        model=dict(model, test_cfg=dict(flip_test=flip_test)),
        test_dataloader=dict(dataset=dict(pipeline=PIPELINE)))).dump(path)
    return str(path)


@pytest.mark.parametrize('flip_test', [False, True])
def test_same_keypoints(tmp_path, flip_test):
    model = init_model(config(TINY_GAN, flip_test, tmp_path / 'gan.py'), device='cpu')
    assert isinstance(model, KeypointGAN)
    # Random weights, norm statistics included, so that nothing agrees by being at its default.
    state = {k: torch.rand_like(v) if v.dtype == torch.float32 else v
             for k, v in model.state_dict().items()}
    model.load_state_dict(state)
    model.dataset_meta = parse_pose_metainfo(MOUSE4.to_metainfo())
    checkpoint = str(tmp_path / 'gan.pth')
    torch.save(dict(state_dict=model.state_dict(),
                    meta=plain(dict(dataset_meta=model.dataset_meta))), checkpoint)
    stock = init_model(config(TINY_STOCK, flip_test, tmp_path / 'stock.py'), checkpoint,
                       device='cpu')
    assert type(stock).__name__ == 'TopdownPoseEstimator' and not hasattr(stock, 'generator')
    assert set(stock.state_dict()) <= set(state)
    image = np.random.default_rng(0).integers(0, 256, (24, 40, 3), dtype=np.uint8)
    ours, = inference_topdown(model, image)
    theirs, = inference_topdown(stock, image)
    assert ours.pred_instances.keypoints.shape == (1, 4, 2)
    np.testing.assert_array_equal(ours.pred_instances.keypoints, theirs.pred_instances.keypoints)
    np.testing.assert_array_equal(ours.pred_instances.keypoint_scores,
                                  theirs.pred_instances.keypoint_scores)
    assert 'agreement' in ours.pred_instances and 'agreement' not in theirs.pred_instances
    # The whole 40x24 frame, padded to a square around its centre (20, 12): x 0..40, y -8..32.
    assert (np.abs(ours.pred_instances.keypoints[0] - [20, 12]) <= 20).all()
