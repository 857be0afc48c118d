"""What distinguishes Wiles et al. 2018: the target is the source, moved as two embeddings say."""
import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample
from tiny_points import BACKBONE, HEAD, PREPROCESSOR, build, square_pairs, train, unexplained
from torch.nn import functional as F

from projects.comparison.models.wiles2018 import sample_along

TINY_WILES = dict(
    type='Wiles2018', data_preprocessor=PREPROCESSOR, backbone=dict(BACKBONE, feature_size=4),
    head=dict(type='EmbeddingHead', in_channels=32, feature_size=4, num_points=4,
              decoder=HEAD['decoder']),
    flow_decoder=dict(type='FlowDecoder', embedding_dim=8, image_size=16, base_channels=4),
    loss_reconstruction=dict(type='L1Loss'), warp={})


def test_flow_is_read_in_unit_coordinates_x_first():
    image = torch.arange(16.).view(1, 1, 4, 4)  # pixel (x, y) holds x + 4 y
    flow = torch.zeros(1, 2, 4, 4)
    torch.testing.assert_close(sample_along(image, flow), image)
    flow[:, 0] = 0.5  # a quarter of the side: each pixel reads its neighbour to the right
    moved = sample_along(image, flow)[0, 0]
    torch.testing.assert_close(moved[:, :3], image[0, 0, :, 1:])
    torch.testing.assert_close(moved[:, 3], image[0, 0, :, 3])  # beyond the border: the border


def shifted_pairs():
    """Frames x', and x, which shows the same two pixels further left."""
    batch = square_pairs(3)[0]
    batch['image'] = batch['target'] = F.pad(
        batch['appearance'][..., 2:].float(), (0, 2, 0, 0), mode='replicate').to(torch.uint8)
    return batch


def test_the_true_flow_loses_nothing_and_none_the_difference_of_the_frames(monkeypatch):
    model, batch = build(TINY_WILES), shifted_pairs()
    model.init_weights()
    difference = float((batch['image'].float() - batch['appearance'].float()).abs().mean()) / 255
    pairs = model.prepare_pairs(batch)
    with torch.no_grad():
        still = model.losses(pairs)  # at first there is no flow
    assert difference > 0.01
    assert float(still['loss_reconstruction']) == pytest.approx(difference, rel=1e-4)
    assert float(still['remaining']) == pytest.approx(1)
    flow = torch.zeros(3, 2, 16, 16)
    flow[:, 0] = 2 * 2 / 16
    monkeypatch.setattr(model.flow_decoder, 'forward', lambda source, target: flow)
    true = model.losses(pairs)
    assert float(true['loss_reconstruction']) == pytest.approx(0, abs=1e-5)
    assert float(true['remaining']) == pytest.approx(0, abs=1e-3)


def test_the_jitter_moves_the_source_alone(monkeypatch):
    monkeypatch.setattr(
        'projects.comparison.models.wiles2018.random_similarities',
        lambda num: torch.tensor([[1., 0., -0.25], [0., 1., 0.]]).expand(num, 2, 3))
    model, batch = build(TINY_WILES), shifted_pairs()
    model.init_weights()
    # Two pixels to the left: the source is now the target.
    with torch.no_grad():
        losses = model.losses(model.prepare_pairs(batch))
    assert float(losses['loss_reconstruction']) == pytest.approx(0, abs=1e-5)


def test_the_encoder_learns_through_both_frames(monkeypatch):
    model = build(TINY_WILES)  # not init_weights: some flow
    pairs = model.prepare_pairs(square_pairs(3)[0])
    embed, embeddings = model.head.embed, []

    def kept(features):
        embeddings.append(embed(features))
        embeddings[-1].retain_grad()
        return embeddings[-1]

    monkeypatch.setattr(model.head, 'embed', kept)
    model.losses(pairs)['loss_reconstruction'].backward()
    assert (embeddings[0].grad.abs().sum(dim=1) > 0).tolist() == [True] * 6
    assert model.backbone.stages[0][0].conv.weight.grad.abs().sum() > 0


def test_predicts_the_embedding_unclipped_as_points():
    model = build(TINY_WILES, head=dict(TINY_WILES['head'], num_points=128),
                  flow_decoder=dict(TINY_WILES['flow_decoder'], embedding_dim=256)).eval()
    model.head.embedding.weight.data *= 100  # far outside the frame
    sample = PoseDataSample(metainfo=dict(
        input_center=np.array([20., 10.]), input_size=(16, 16), input_scale=np.array([40., 40.]),
        flip_indices=list(range(17))))
    sample.gt_instances = InstanceData(bboxes=np.zeros((1, 4)), bbox_scores=np.ones(1))
    frame = square_pairs(1)[0]['image'][0]
    with torch.no_grad():
        result, = model.val_step(dict(inputs=[frame], data_samples=[sample]))
        images = model.normalise(frame[None])
        embedding = model.head.embed(model.backbone(images)[-1])
    points = result.pred_instances.keypoints
    assert points.shape == (1, 128, 2) and np.abs(embedding).max() > 3
    # Back from original pixels: the frame of 40 px has its middle at (20, 10).
    np.testing.assert_allclose((points - [20, 10]) / 20, embedding.view(1, 128, 2), atol=1e-4)
    with pytest.raises(ValueError, match='flip_test=False'):
        model.head.predict((None, ), [None], dict(flip_test=True))


def blob_frames(num: int):
    """Frames (num, 3, 16, 16) uint8 of a soft blob, and its centres in unit coordinates. A flow
    is found by following the slopes of the source, which a sharp square has at its edge alone."""
    centres = torch.rand(num, 2) - 0.5
    places = 2 * torch.arange(16) / 16 - 1
    x, y = centres[:, :, None, None].unbind(dim=1)
    height = torch.exp(-((places - x).square() + (places[:, None] - y).square()) / 0.3)
    colour = torch.tensor([150., -70., 100.]).view(3, 1, 1)
    return (100 + colour * height[:, None]).to(torch.uint8), centres


def test_training_moves_the_source_to_the_target_and_finds_where_the_figure_is(monkeypatch):
    monkeypatch.setattr('tiny_points.square_frames', blob_frames)
    model = build(TINY_WILES)
    logs = train(model, 80)
    assert sum(float(log['remaining']) for log in logs[-20:]) / 20 < 0.65
    model.eval()
    batch, centres = square_pairs(64)
    with torch.no_grad():
        embeddings = model.head.embed(model.backbone(model.prepare_pairs(batch).images)[-1])
    assert unexplained(embeddings, centres) < 0.05


def test_refusals():
    with pytest.raises(ValueError, match='image_size to 4'):
        build(dict(TINY_WILES['flow_decoder'], image_size=18))
    with pytest.raises(NotImplementedError, match='Wiles2018'):
        build(TINY_WILES).head.loss((None, ), [])
