"""Two ranks with the same batch: every mean over ranks is the rank's own. Real ranks, with
different batches, are compared with one process in tests/test_two_ranks.py.
"""
import pytest
import torch
from torch import nn

from ikp_mm.models import sync_batch_norm
from ikp_mm.models.sync_batch_norm import RankBatchNorm2d, synchronise_batch_norm


@pytest.fixture
def twins(monkeypatch):
    monkeypatch.setattr(sync_batch_norm, 'get_world_size', lambda: 2)


@pytest.mark.parametrize('options', [{}, dict(affine=False), dict(momentum=None),
                                     dict(track_running_stats=False)])
def test_values_gradients_and_statistics_are_those_of_the_whole_batch(twins, options):
    ours, torchs = (cls(3, **options).double() for cls in (RankBatchNorm2d, nn.BatchNorm2d))
    for layer in (ours, torchs):
        if layer.affine:
            nn.init.constant_(layer.weight, 1.5)
            nn.init.constant_(layer.bias, -0.5)
    for _ in range(2):
        x = torch.randn(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
        whole = torch.cat([x, x]).detach().requires_grad_()
        out, expected = ours(x), torchs(whole)
        assert torch.allclose(out, expected[:2])
        factor = torch.randn_like(out)
        (out * factor).sum().backward()
        (expected * torch.cat([factor, factor])).sum().backward()
        assert torch.allclose(x.grad, whole.grad[:2])
    state = torchs.state_dict()
    assert list(ours.state_dict()) == list(state)
    assert all(torch.allclose(value, state[key]) for key, value in ours.state_dict().items())
    ours.eval(), torchs.eval()
    assert torch.allclose(ours(x), torchs(x))


def test_low_precision_keeps_its_type_and_float32_statistics(twins):
    layer = RankBatchNorm2d(3)
    x = torch.randn(2, 3, 8, 8).bfloat16()
    out = layer(x)
    exact = (x.float() - x.float().mean((0, 2, 3), keepdim=True)) / torch.sqrt(
        x.float().var((0, 2, 3), unbiased=False, keepdim=True) + layer.eps)
    assert out.dtype == torch.bfloat16 and torch.allclose(out.float(), exact, atol=0.02)
    assert torch.allclose(layer.running_mean, 0.1 * x.float().mean((0, 2, 3)), atol=1e-6)


def test_one_rank_is_batch_norm_to_the_bit():
    ours, torchs = RankBatchNorm2d(3), nn.BatchNorm2d(3)
    x = torch.randn(2, 3, 4, 4)
    assert torch.equal(ours(x), torchs(x)) and torch.equal(ours.running_var, torchs.running_var)


def test_layers_are_converted_in_place():
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Sequential(nn.BatchNorm2d(4)),
                          nn.InstanceNorm2d(4, affine=True))
    weights, keys = list(model.parameters()), list(model.state_dict())
    synchronise_batch_norm(model)
    assert type(model[1][0]) is RankBatchNorm2d and type(model[2]) is nn.InstanceNorm2d
    assert list(model.state_dict()) == keys
    assert all(a is b for a, b in zip(model.parameters(), weights))


def test_another_kind_of_batch_norm_is_named():
    with pytest.raises(TypeError, match='knows BatchNorm2d alone: "0" is a BatchNorm1d'):
        synchronise_batch_norm(nn.Sequential(nn.BatchNorm1d(2)))
