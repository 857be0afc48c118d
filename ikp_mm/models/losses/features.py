"""Frozen feature networks of the perceptual loss.

They take RGB images in 0-255 and normalise them as their weights want it.

Their weights are constants, not training state: they are kept as non-persistent buffers, so no
checkpoint holds them and no load misses them.
"""
from __future__ import annotations

from typing import Optional, Sequence
from urllib.error import URLError

import torch
from mmengine.runner import CheckpointLoader
from torch import Tensor, nn
from torch.nn import functional as F

# torchvision's indices of conv1_2, conv2_2, conv3_2, conv4_2, conv5_2 in vgg19().features
VGG19_TAPS = (2, 7, 12, 21, 30)
# What torchvision's VGG19 was trained with, for images in 0-1: (x - mean) / std, RGB. (The reference's
# weights are MatConvNet's, which want 0-255 minus the mean: 58 times as much.)
TORCHVISION_MEAN, TORCHVISION_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
IMAGENET_MEAN = (123.68, 116.779, 103.939)  # RGB, 0-255


def _freeze(module: nn.Module) -> None:
    """Turn every parameter below ``module`` into a non-persistent buffer."""
    for child in module.modules():
        for name, parameter in list(child.named_parameters(recurse=False)):
            delattr(child, name)
            child.register_buffer(name, parameter.detach(), persistent=False)


class VGG19Features(nn.Module):
    """conv1_2 ... conv5_2 of VGG19, **before** their ReLU.

    Args:
        checkpoint (str | None): file or ``torchvision://vgg19`` with torchvision's keys; None
            draws random weights from ``seed`` (a config must ask for that by name).
        seed (int): seed of the random weights.

    Raises:
        FileNotFoundError: no such file.
        KeyError: a weight is missing from the file, named.
    """

    def __init__(self, checkpoint: Optional[str], seed: int = 0) -> None:
        super().__init__()
        from torchvision.models import vgg19  # seconds to import, and only this recipe needs it
        with torch.device('meta'):  # the classifier, seven times as large, is never made
            layers = vgg19(weights=None).features[:VGG19_TAPS[-1] + 1]
        layers = layers.to_empty(device='cpu')
        generator = torch.Generator().manual_seed(seed)
        for index, layer in enumerate(layers):
            if isinstance(layer, nn.Conv2d):  # as torchvision initialises it
                fan_out = layer.out_channels * 9
                nn.init.zeros_(layer.bias)
                layer.weight.data.normal_(0, (2 / fan_out)**0.5, generator=generator)
            if isinstance(layer, nn.ReLU):
                # In place, it would overwrite the features tapped right before it. Elsewhere it
                # may: frozen convolutions do not look at their output again.
                layers[index] = nn.ReLU(inplace=index - 1 not in VGG19_TAPS)
        if checkpoint is not None:
            self._load(layers, checkpoint)
        _freeze(layers)
        self.layers = layers
        for name, values in (('mean', TORCHVISION_MEAN), ('std', TORCHVISION_STD)):
            self.register_buffer(name, 255 * torch.tensor(values).view(1, 3, 1, 1),
                                 persistent=False)

    @staticmethod
    def _load(layers: nn.Sequential, checkpoint: str) -> None:
        try:
            loaded = CheckpointLoader.load_checkpoint(checkpoint, map_location='cpu')
        except URLError as error:
            raise FileNotFoundError(
                f'{checkpoint} could not be downloaded ({error.reason}): fetch torchvision\'s '
                'vgg19-dcbb9e9d.pth elsewhere and set model.loss_reconstruction.checkpoint to it, '
                "or ask for random weights by name: features='vgg19_random', checkpoint=None"
            ) from error
        weights = loaded.get('state_dict', loaded)
        wanted = layers.state_dict()
        for name, tensor in wanted.items():
            found = weights.get(f'features.{name}')
            if found is None:
                raise KeyError(f'{checkpoint}: no weight "features.{name}"; this loader wants '
                               'torchvision\'s VGG19 (vgg19-dcbb9e9d.pth)')
            if found.shape != tensor.shape:
                raise KeyError(f'{checkpoint}: "features.{name}" has shape {tuple(found.shape)}, '
                               f'VGG19 has {tuple(tensor.shape)}')
        layers.load_state_dict({name: weights[f'features.{name}'] for name in wanted})

    def forward(self, images: Tensor) -> list[Tensor]:
        """(N, 3, H, W) RGB in 0-255 -> five feature maps."""
        features = []
        x = (images - self.mean) / self.std
        for index, layer in enumerate(self.layers):
            x = layer(x)
            if index in VGG19_TAPS:
                features.append(x)
        return features


class RandomFeatures(nn.Module):
    """A small convolutional network with fixed random weights.

    Where no pretrained weights exist and VGG19 is too slow: stages of an orthogonal 3x3
    convolution and ReLU, halved by average pooling in between.

    Args:
        channels (Sequence[int]): widths of the stages.
        seed (int): seed of the weights.
    """

    def __init__(self, channels: Sequence[int] = (16, 32, 64), seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.stages = nn.ModuleList()
        inputs = 3
        for outputs in channels:
            # skip_init: the default initialisation would draw from the global generator.
            conv = nn.utils.skip_init(nn.Conv2d, inputs, outputs, 3, padding=1, bias=False)
            flat = torch.randn(outputs, inputs * 9, generator=generator)
            # Orthogonal rows or columns: no direction of the input is lost by chance.
            basis = torch.linalg.svd(flat, full_matrices=False)
            conv.weight.data = (basis.U @ basis.Vh).reshape(outputs, inputs, 3, 3) * 2**0.5
            self.stages.append(conv)
            inputs = outputs
        _freeze(self)
        self.register_buffer('mean', torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1),
                             persistent=False)

    def forward(self, images: Tensor) -> list[Tensor]:
        """(N, 3, H, W) RGB in 0-255 -> one map a stage, before its ReLU."""
        features = []
        x = (images - self.mean) / 127.5
        for index, conv in enumerate(self.stages):
            if index:
                x = F.avg_pool2d(F.relu(x), 2)
            x = conv(x)
            features.append(x)
        return features
