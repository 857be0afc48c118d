import mmengine.runner.checkpoint
import pytest
import torch
from torch.nn import functional as F

import ikp_mm.models.losses.features
from ikp_mm.models import PerceptualLoss
from ikp_mm.models.losses.features import RandomFeatures, VGG19Features

IMAGES = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(7)) * 255
# Convolutions in each of VGG19's five blocks (Simonyan & Zisserman 2015, table 1, column E).
VGG19_BLOCKS = (2, 2, 4, 4, 4)


@pytest.fixture(scope='module')
def vgg19_weights():
    """torchvision's real keys and shapes, small random weights; the classifier takes no space."""
    from torchvision.models import vgg19
    with torch.device('meta'):
        shapes = vgg19(weights=None).state_dict()
    assert len(shapes) == 38
    generator = torch.Generator().manual_seed(11)
    return {name: torch.randn(w.shape, generator=generator) * 0.03 if 'features' in name
            else torch.zeros(1).expand(w.shape) for name, w in shapes.items()}


@pytest.fixture(scope='module')
def vgg19_file(vgg19_weights, tmp_path_factory):
    path = tmp_path_factory.mktemp('vgg') / 'vgg19.pth'
    torch.save(vgg19_weights, path)
    yield str(path)
    path.unlink()  # 80 MB; pytest keeps the folders of its last runs


def vgg19_by_hand(weights, images):
    """The second convolution of each block, before its ReLU; the key index counts every layer.

    RGB in 0-255 is normalised as torchvision says that its weights want it.
    """
    from torchvision.models import VGG19_Weights
    from torchvision.transforms.functional import normalize
    wanted = VGG19_Weights.IMAGENET1K_V1.transforms()
    taps, x, index = [], normalize(images / 255, wanted.mean, wanted.std), 0
    for convolutions in VGG19_BLOCKS:
        for number in range(1, convolutions + 1):
            x = F.conv2d(x, weights[f'features.{index}.weight'],
                         weights[f'features.{index}.bias'], padding=1)
            if number == 2:
                taps.append(x)
            x = F.relu(x)
            index += 2  # convolution, ReLU
        x = F.max_pool2d(x, 2)
        index += 1
    return taps


def test_vgg19_file_gives_the_five_layers_before_their_relu(vgg19_weights, vgg19_file):
    features = VGG19Features(vgg19_file)(IMAGES)
    expected = vgg19_by_hand(vgg19_weights, IMAGES)
    assert [tuple(f.shape[1:]) for f in features] == [
        (64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4), (512, 2, 2)]
    for ours, theirs in zip(features, expected):
        torch.testing.assert_close(ours, theirs)
        assert ours.min() < 0  # an in-place ReLU would have overwritten what was tapped


def test_perceptual_loss_with_a_vgg19_file(vgg19_weights, vgg19_file):
    loss = PerceptualLoss(features='vgg19', checkpoint=vgg19_file)
    reconstruction, target = IMAGES, IMAGES.flip(-1)
    layers = [[x, *vgg19_by_hand(vgg19_weights, x)] for x in (reconstruction, target)]
    expected = torch.stack([(a - b).square().mean() for a, b in zip(*layers)])
    torch.testing.assert_close(loss.distances(reconstruction, target), expected, rtol=1e-4, atol=0)
    assert loss(reconstruction, target).item() == pytest.approx(10, rel=1e-4)  # 1e-8 in the divisor
    assert list(loss.state_dict()) == ['running_mean'] and loss.running_mean.shape == (6, )
    loss.load_state_dict(loss.state_dict(), strict=True)


def test_torchvision_address_reads_torchvisions_file(vgg19_weights, monkeypatch):
    asked = []

    def download(url, map_location=None, **options):
        asked.append(url)
        return vgg19_weights

    monkeypatch.setattr(mmengine.runner.checkpoint, 'load_from_http', download)
    features = VGG19Features('torchvision://vgg19')
    assert asked == ['https://download.pytorch.org/models/vgg19-dcbb9e9d.pth']
    assert torch.equal(features.layers[0].weight, vgg19_weights['features.0.weight'])


def test_a_state_dict_wrapped_in_a_checkpoint(vgg19_weights, monkeypatch):
    monkeypatch.setattr(ikp_mm.models.losses.features.CheckpointLoader, 'load_checkpoint',
                        lambda path, map_location: dict(state_dict=vgg19_weights, meta={}))
    assert torch.equal(VGG19Features('a.pth').layers[28].bias, vgg19_weights['features.28.bias'])


def without_last(weights):
    return {k: v for k, v in weights.items() if k != 'features.30.bias'}


def misshapen(weights):
    return {**weights, 'features.7.weight': torch.zeros(128, 128, 5, 5)}


@pytest.mark.parametrize('spoil, message', [
    (without_last, 'spoilt.pth: no weight "features.30.bias"'),
    (misshapen, r'"features.7.weight" has shape \(128, 128, 5, 5\), VGG19 has \(128, 128, 3, 3\)'),
    (lambda weights: {'conv1.weight': torch.zeros(1)}, 'no weight "features.0.weight"'),
])
def test_a_spoilt_file_is_refused_by_name(vgg19_weights, tmp_path, spoil, message):
    path = str(tmp_path / 'spoilt.pth')
    # Zeros of no extent in storage: only names and shapes are looked at before the refusal.
    torch.save({k: torch.zeros(1).expand(v.shape) for k, v in spoil(vgg19_weights).items()}, path)
    with pytest.raises(KeyError, match=message):
        VGG19Features(path)


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(FileNotFoundError, match='nowhere.pth'):
        VGG19Features(str(tmp_path / 'nowhere.pth'))


def make_random(seed):
    return RandomFeatures((4, 6, 8), seed)


def make_vgg19(seed):
    return VGG19Features(None, seed)


@pytest.mark.parametrize('make', [make_random, make_vgg19])
def test_random_weights_follow_their_seed_alone(make):
    torch.manual_seed(1)
    one = make(0)
    torch.manual_seed(2)
    before = torch.get_rng_state()
    two = make(0)
    assert torch.equal(torch.get_rng_state(), before)  # the training's randomness is left alone
    with torch.no_grad():
        for a, b, other in zip(one(IMAGES), two(IMAGES), make(1)(IMAGES)):
            assert torch.equal(a, b) and not torch.equal(a, other)


@pytest.mark.parametrize('make', [make_random, make_vgg19])
def test_frozen_weights_are_no_parameters_and_no_state(make):
    features = make(0)
    assert not list(features.parameters()) and not features.state_dict()
    assert all(torch.isfinite(b).all() for b in features.buffers()) and list(features.buffers())
    assert features.double()(IMAGES.double())[0].dtype == torch.float64  # yet they follow .to()


def test_vgg19_sees_numbers_of_the_size_that_it_was_trained_on(vgg19_file):
    seen = []
    features = VGG19Features(vgg19_file)
    features.layers[0].register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    features(torch.tensor([0., 255.]).repeat_interleave(16).expand(1, 3, 32, 32))
    # (0 - 0.485) / 0.229 and (1 - 0.485) / 0.229 of red, 58 times less than 0-255 minus the mean.
    torch.testing.assert_close(seen[0][0, 0, 0, [0, 31]], torch.tensor([-2.117904, 2.248908]))


def test_random_vgg19_keeps_the_scale_of_its_input():
    # He initialisation: the variance neither dies out nor explodes over 13 convolutions.
    with torch.no_grad():
        scales = [f.std().item() for f in make_vgg19(0)(IMAGES)]
    assert 0.1 < scales[-1] / scales[0] < 10


def test_random_features_by_hand():
    features = make_random(0)
    first, second, third = (stage.weight for stage in features.stages)
    with torch.no_grad():
        mean = torch.tensor([123.68, 116.779, 103.939]).view(1, 3, 1, 1)
        one = F.conv2d((IMAGES - mean) / 127.5, first, padding=1)
        two = F.conv2d(F.avg_pool2d(F.relu(one), 2), second, padding=1)
        three = F.conv2d(F.avg_pool2d(F.relu(two), 2), third, padding=1)
        for ours, expected in zip(features(IMAGES), (one, two, three)):
            torch.testing.assert_close(ours, expected)
    assert one.min() < 0


def test_random_filters_are_orthogonal():
    # Rows of length sqrt(2), at right angles.
    for stage in make_random(3).stages:
        rows = stage.weight.flatten(1)
        torch.testing.assert_close(rows @ rows.T, 2 * torch.eye(len(rows)), atol=1e-5, rtol=0)
