"""What a predictor does to be fast leaves its values as they were."""
import copy

import numpy as np
import pytest
import torch
from mmcv.cnn import ConvModule
from torch import nn

from ikp_mm.inference import build_detector, read_checkpoint
from ikp_mm.inference.predictor import CheckpointPredictor, fold_batch_norm
from tiny_checkpoint import save_tiny, tiny_config


def shaken(model):
    """Batch statistics that are not those of a new layer."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -1, 1)
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 2)
            nn.init.uniform_(module.bias, -1, 1)
    return model


def test_folded_by_hand():
    """4 x is normalised to (4 x - 2) / sqrt(15.9 + 0.1) * 8 + 3 = 8 x - 1."""
    module = ConvModule(1, 1, 1, norm_cfg=dict(type='BN', eps=0.1), act_cfg=None).eval()
    with torch.no_grad():
        module.conv.weight.fill_(4), module.norm.weight.fill_(8), module.norm.bias.fill_(3)
        module.norm.running_mean.fill_(2), module.norm.running_var.fill_(15.9)
    assert fold_batch_norm(module) == 1
    assert module.conv.weight.item() == pytest.approx(8)
    assert module.conv.bias.item() == pytest.approx(-1)
    assert module(torch.full((1, 1, 1, 1), 0.5)).item() == pytest.approx(3)
    assert fold_batch_norm(module) == 0


def test_order_that_cannot_be_folded_is_left():
    module = ConvModule(2, 2, 1, norm_cfg=dict(type='BN'), order=('norm', 'conv', 'act')).eval()
    assert fold_batch_norm(module) == 0 and isinstance(module.norm, nn.BatchNorm2d)


def test_training_mode_is_refused():
    with pytest.raises(ValueError, match='evaluation mode'):
        fold_batch_norm(ConvModule(1, 1, 1, norm_cfg=dict(type='BN')))


def test_folded_network_is_the_network(tmp_path):
    model = shaken(build_detector(read_checkpoint(save_tiny(tmp_path / 'a.pth'))).model)
    folded = copy.deepcopy(model)
    layers = sum(isinstance(m, nn.BatchNorm2d) for m in model.modules())
    assert fold_batch_norm(folded) == layers > 0
    folded.to(memory_format=torch.channels_last)
    images = torch.randn(3, 3, 16, 16)
    with torch.no_grad():
        for ours, theirs in zip(folded.head.forward_with_scores(folded.extract_feat(images)),
                                model.head.forward_with_scores(model.extract_feat(images))):
            assert (ours - theirs).abs().max() < 1e-5


def test_without_scores_keypoints_stay(tmp_path):
    path = save_tiny(tmp_path / 'a.pth')
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (40, 30, 3), dtype=np.uint8) for _ in range(2)]
    squares = np.array([[15, 12, 16], [10.25, 30.5, 41.7]])
    full, alone = CheckpointPredictor(path), CheckpointPredictor(path, scores=False)
    expected, found = full.predict(images, squares), alone.predict(images, squares)
    assert np.abs(found.keypoints - expected.keypoints).max() < 1e-4
    assert full.has_scores and not alone.has_scores
    assert np.all(found.scores == 1) and not np.all(expected.scores == 1)


def test_scores_cannot_be_left_out_of_a_flip_test(tmp_path):
    path = save_tiny(tmp_path / 'a.pth', tiny_config(test_cfg=dict(flip_test=True)))
    with pytest.raises(ValueError, match='scores=False is for a SkeletonHead without flip_test'):
        CheckpointPredictor(path, scores=False)
