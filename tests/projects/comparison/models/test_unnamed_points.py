"""Batches in, steps, and predictions of any number of points."""
import pytest
import torch
from mmengine.optim import OptimWrapper
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample
from tiny_points import TINY_IMM, TINY_ZHANG, build, square_pairs, train

CONFIGS = pytest.mark.parametrize('config', [TINY_IMM, TINY_ZHANG], ids=['imm', 'zhang2018'])


@CONFIGS
def test_pairs_are_normalised_as_the_data_preprocessor_does(config):
    model = build(config)
    batch = square_pairs(2)[0]
    pairs = model.prepare_pairs(batch)
    expected = model.data_preprocessor(
        dict(inputs=list(batch['image']), data_samples=[PoseDataSample()] * 2))['inputs']
    torch.testing.assert_close(pairs.images, expected)
    torch.testing.assert_close(model.to_rgb(pairs.appearances),
                               batch['appearance'].flip(1).float())


@CONFIGS
@pytest.mark.parametrize('channels_last', [False, True])
def test_one_step_moves_every_part(config, channels_last):
    model = build(config, channels_last=channels_last)
    before = {name: p.clone() for name, p in model.named_parameters()}
    wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1))
    logs = model.train_step(square_pairs(4)[0], wrapper)
    assert torch.isfinite(torch.tensor([float(value) for value in logs.values()])).all()
    parts = {name.split('.')[0] for name, p in model.named_parameters()
             if not torch.equal(before[name], p)}
    assert parts == {name.split('.')[0] for name in before}


def test_point_motion_is_zero_for_points_painted_on_the_frame(monkeypatch):
    model = build(TINY_IMM)
    pairs = model.prepare_pairs(square_pairs(2)[0])
    # Point 0 lies half a unit to either side of its mean, a quarter of the side; point 1 stays.
    points = torch.tensor([[[0.5, 0.], [0.1, 0.1]], [[-0.5, 0.], [0.1, 0.1]]])
    monkeypatch.setattr(model.head, 'keypoints', lambda features: points)
    # Root mean square over both points: 25 / sqrt(2) percent.
    assert float(model.losses(pairs)['point_motion']) == pytest.approx(25 / 2**0.5)
    points = points.mean(dim=0).expand(2, 2, 2)
    assert float(model.losses(pairs)['point_motion']) == 0


@CONFIGS
def test_predicts_points_in_original_pixels_beside_labels_of_another_number(config):
    model = build(config).eval()
    model.head.keypoints = lambda features: torch.tensor(
        [[0., 0.5], [-1., 1.]]).expand(len(features), 2, 2)
    sample = PoseDataSample(metainfo=dict(
        input_center=torch.tensor([20., 10.]).numpy(), input_size=(16, 16),
        input_scale=torch.tensor([40., 40.]).numpy(), flip_indices=list(range(17))))
    sample.gt_instances = InstanceData(bboxes=torch.zeros(1, 4).numpy(),
                                       bbox_scores=torch.ones(1).numpy(),
                                       keypoints=torch.zeros(1, 17, 2).numpy())
    data = dict(inputs=[torch.zeros(3, 16, 16, dtype=torch.uint8)], data_samples=[sample])
    with torch.no_grad():
        result, = model.val_step(data)
    # (1/2, 3/4) and (0, 1) of the 40 px frame with its corner at (0, -10).
    assert result.pred_instances.keypoints.tolist() == [[[20, 20], [0, 30]]]


def test_frozen_features_stay_out_of_the_checkpoint():
    model = build(TINY_IMM)
    assert not [name for name in model.state_dict() if 'features' in name]


def test_logs_come_back_each_step():
    assert len(train(build(TINY_ZHANG), 2)) == 2
