import torch

from ikp_mm.models import rank_mean as module
from ikp_mm.models.rank_mean import rank_mean


def test_one_rank_gets_its_own_tensor_back():
    value = torch.ones(2)
    assert rank_mean(value) is value


def test_value_and_gradient_are_means_over_ranks(monkeypatch):
    """Two ranks seen from one. The other's value is 5, and the gradient that reaches it is -2.

    Here M = (1 + 5) / 2 = 3 and d(M^2)/dM = 6: the mean of the gradients is (6 - 2) / 2 = 2.
    """
    others = [torch.tensor([5.0]), torch.tensor([-2.0])]

    def all_reduce(tensor, op):
        assert op == 'mean'
        tensor.add_(others.pop(0)).div_(2)

    monkeypatch.setattr(module, 'get_world_size', lambda: 2)
    monkeypatch.setattr(module, 'all_reduce', all_reduce)
    local = torch.tensor([1.0], requires_grad=True)
    mean = rank_mean(local)
    mean.square().sum().backward()
    assert mean.tolist() == [3.0] and local.grad.tolist() == [2.0] and local.tolist() == [1.0]
