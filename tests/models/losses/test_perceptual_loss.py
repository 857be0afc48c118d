import pytest
import torch
from torch import nn

from ikp_mm.models import PerceptualLoss


class MeanOfColours(nn.Module):
    """One feature map, the mean colour: distances can be worked out by hand."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, images):
        self.seen.append(images)
        return [images.mean(dim=1, keepdim=True)]


def by_hand(**options):
    loss = PerceptualLoss(features='random', channels=(1, ), **options)
    loss.features = MeanOfColours()
    return loss


TARGET = torch.full((1, 3, 2, 2), 100.)


def shifted(red, green, blue):
    return TARGET + torch.tensor([float(red), green, blue]).view(1, 3, 1, 1)


# ------------------------------------------------------------------ distances

def test_distances_by_hand():
    # Image: (4 + 0 + 16) / 3; mean colour off by (2 + 0 + 4) / 3 = 2, squared 4.
    assert by_hand().distances(shifted(2, 0, 4), TARGET).tolist() == pytest.approx([20 / 3, 4])


def test_distances_are_zero_when_equal_and_grow():
    loss = PerceptualLoss(features='random', channels=(4, 4))
    image = torch.rand(1, 3, 8, 8) * 255
    assert loss.distances(image, image).tolist() == [0, 0, 0]
    near, far = (loss.distances(image + torch.randn(1, 3, 8, 8) * s, image) for s in (1., 50.))
    assert (near > 0).all() and (far > near).all()


def test_distances_change_no_state():
    loss = by_hand()
    loss.distances(shifted(1, 1, 1), TARGET)
    assert loss.running_mean.tolist() == [-1, -1]


def test_features_see_rgb_in_0_to_255_which_they_normalise_themselves():
    loss = by_hand()
    loss.distances(TARGET + 7, TARGET)
    seen_target, seen_reconstruction = loss.features.seen
    assert torch.equal(seen_target, TARGET) and torch.equal(seen_reconstruction, TARGET + 7)


def test_pixel_weights_by_hand():
    # Left column off by (1, 1, 1): unweighted 1/2 on both layers. Weights 1 left and 3 right have
    # mean 2: the left column counts 1/2, so 1/2 * 1/2.
    reconstruction = TARGET.clone()
    reconstruction[..., 0] += 1
    weights = torch.tensor([[1., 3.], [1., 3.]]).view(1, 1, 2, 2)
    assert by_hand().distances(reconstruction, TARGET).tolist() == pytest.approx([0.5, 0.5])
    assert by_hand().distances(reconstruction, TARGET, weights).tolist() == pytest.approx(
        [0.25, 0.25])
    # Only their ratio counts.
    assert by_hand().distances(reconstruction, TARGET, 5 * weights).tolist() == pytest.approx(
        [0.25, 0.25])


def test_pixel_weights_are_averaged_where_features_are_coarser():
    loss = PerceptualLoss(features='random', channels=(2, 2))
    reconstruction, target = torch.rand(2, 1, 3, 4, 4) * 255
    even = torch.ones(1, 1, 4, 4)
    even[..., ::2] = 3
    even[..., 1::2] = 1  # every 2x2 block has the mean 2: the half-size layer sees them all alike
    plain, weighted = (loss.distances(reconstruction, target, w) for w in (None, even))
    assert weighted[2].item() == pytest.approx(plain[2].item())
    assert weighted[0].item() != pytest.approx(plain[0].item(), rel=1e-3)


# ------------------------------------------------------------------ running normalisation

def test_first_value_is_the_weight():
    assert by_hand(loss_weight=10.)(shifted(2, 0, 4), TARGET).item() == pytest.approx(10)
    assert by_hand(loss_weight=3.)(shifted(2, 0, 4), TARGET).item() == pytest.approx(3)


def test_running_means_over_two_calls():
    loss = by_hand(momentum=0.9, loss_weight=10.)
    loss(shifted(1, 1, 1), TARGET)
    assert loss.running_mean.tolist() == pytest.approx([1, 1])
    # Now d = ((4 + 0 + 4) / 3, 0); m = 0.9 + 0.1 * 8/3 = 7/6 and 0.9.
    value = loss(shifted(2, 0, -2), TARGET)
    assert loss.running_mean.tolist() == pytest.approx([7 / 6, 0.9])
    assert value.item() == pytest.approx(10 * (8 / 3 / (7 / 6) + 0) / 2)


def test_default_momentum_is_the_reference():
    loss = by_hand()
    loss(shifted(1, 1, 1), TARGET)
    loss(shifted(2, 2, 2), TARGET)
    assert loss.running_mean.tolist() == pytest.approx([0.99 + 0.04] * 2)


def test_zero_when_equal():
    assert by_hand()(TARGET, TARGET) == 0


def test_a_first_distance_of_zero_has_begun_the_mean():
    loss = by_hand(momentum=0.9)
    loss(TARGET, TARGET)
    loss(shifted(1, 1, 1), TARGET)
    assert loss.running_mean.tolist() == pytest.approx([0.1, 0.1])


def test_the_running_mean_is_not_differentiated():
    # d = r^2 on both layers when all colours are off by r, so loss = w r^2 / m and its derivative
    # summed over all 12 values is 2 w r / m, with m = 0.9 + 0.1 * 4 held fixed.
    loss = by_hand(momentum=0.9, loss_weight=1.)
    loss(shifted(1, 1, 1), TARGET)
    reconstruction = shifted(2, 2, 2).requires_grad_()
    loss(reconstruction, TARGET).backward()
    assert reconstruction.grad.sum().item() == pytest.approx(4 / 1.3, rel=1e-5)
    assert not loss.running_mean.requires_grad


def test_gradients_reach_the_reconstruction_alone():
    loss = PerceptualLoss(features='random', channels=(4, 4))
    reconstruction, target = (torch.rand(1, 3, 8, 8).requires_grad_() for _ in range(2))
    loss(reconstruction * 255, (target * 255).detach()).backward()
    assert reconstruction.grad.abs().sum() > 0 and target.grad is None
    assert not list(loss.parameters())


# ------------------------------------------------------------------ state

def test_state_is_the_running_means_alone():
    loss = PerceptualLoss(features='random', channels=(4, 4))
    assert list(loss.state_dict()) == ['running_mean']
    loss(torch.rand(1, 3, 8, 8), torch.rand(1, 3, 8, 8))
    restored = PerceptualLoss(features='random', channels=(4, 4))
    restored.load_state_dict(loss.state_dict(), strict=True)
    pair = torch.rand(1, 3, 8, 8), torch.rand(1, 3, 8, 8)
    assert torch.equal(loss(*pair), restored(*pair))
    assert torch.equal(loss.running_mean, restored.running_mean)


# ------------------------------------------------------------------ options

def test_random_features_options_change_the_features():
    image = torch.rand(2, 3, 8, 8) * 255
    def distances(**options):
        return PerceptualLoss(features='random', **options).distances(image[:1], image[1:])
    reference = distances(channels=(4, 4))
    assert torch.equal(distances(channels=(4, 4)), reference)
    assert not torch.equal(distances(channels=(4, 4), seed=1)[1:], reference[1:])
    assert len(distances(channels=(4, 4, 8))) == 4


@pytest.mark.parametrize('options, message', [
    (dict(features='vgg16'), "'vgg16'"),
    (dict(), "needs checkpoint=.*torchvision://vgg19.*'vgg19_random' or 'random' by name"),
    (dict(features='random', checkpoint='a.pth'), "checkpoint='a.pth' would be ignored"),
    (dict(features='vgg19_random', checkpoint='a.pth'), "checkpoint='a.pth' would be ignored"),
])
def test_refusals(options, message):
    with pytest.raises(ValueError, match=message):
        PerceptualLoss(**options)
