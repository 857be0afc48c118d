"""Perceptual reconstruction loss with running normalisation.

Paper: arXiv 1907.02055, equation 1, after Jakab et al., NeurIPS 2018 (content loss of Gatys et al.
2016, each layer divided by a running mean so that all weigh the same).
Deviations: the released VGG19 has no ReLU at all between its convolutions; ours is VGG19 proper,
tapped before each ReLU, with torchvision's weights and the input that they want. Per-pixel weights are an addition.
"""
from __future__ import annotations

from typing import Optional, Sequence

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional as F

from ..rank_mean import rank_mean
from .features import IMAGENET_MEAN, VGG19_TAPS, RandomFeatures, VGG19Features

FEATURES = ('vgg19', 'vgg19_random', 'random')


@MODELS.register_module()
class PerceptualLoss(nn.Module):
    """``mean_l d_l / m_l`` with ``d_l = mean |F_l(x^) - F_l(x)|^2`` and m_l its running mean.

    Layer 0 is the image itself, the others are the feature network's. m_l is updated before it
    divides (``m <- 0.99 m + 0.01 d``, starting at the first d), so the first value is 1 a layer.

    Args:
        features (str): ``'vgg19'`` (pretrained, needs ``checkpoint``), ``'vgg19_random'`` (the
            same network, fixed random weights) or ``'random'`` (a small one). None stands in for
            another.
        checkpoint (str | None): VGG19 weights: a file or ``torchvision://vgg19``.
        channels (Sequence[int]): widths of the ``'random'`` network.
        seed (int): seed of random features.
        momentum (float): momentum of the running means (reference: 0.99).
        loss_weight (float): weight (reference: 10).

    Raises:
        ValueError: unknown features, ``'vgg19'`` without a checkpoint, or a checkpoint that the
            chosen features would ignore.
    """

    def __init__(self, features: str = 'vgg19', checkpoint: Optional[str] = None,
                 channels: Sequence[int] = (16, 32, 64), seed: int = 0, momentum: float = 0.99,
                 loss_weight: float = 10.0) -> None:
        super().__init__()
        if features not in FEATURES:
            raise ValueError(f'features must be one of {FEATURES}, got {features!r}')
        if features == 'vgg19' and checkpoint is None:
            raise ValueError(
                "features='vgg19' needs checkpoint=<file> or 'torchvision://vgg19'; where no "
                "weights can be had ask for features='vgg19_random' or 'random' by name")
        if features != 'vgg19' and checkpoint is not None:
            raise ValueError(f'checkpoint={checkpoint!r} would be ignored by '
                             f'features={features!r}')
        if features == 'random':
            self.features = RandomFeatures(channels, seed)
            num_layers = 1 + len(channels)
        else:
            self.features = VGG19Features(checkpoint, seed)
            num_layers = 1 + len(VGG19_TAPS)
        self.momentum = momentum
        self.loss_weight = loss_weight
        self.register_buffer('imagenet_mean', torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1),
                             persistent=False)
        # Training state: saved and restored. -1 marks a mean not yet begun.
        self.register_buffer('running_mean', torch.full((num_layers, ), -1.0))

    def distances(self, reconstructions: Tensor, targets: Tensor,
                  weights: Optional[Tensor] = None) -> Tensor:
        """Mean squared difference of each layer, not normalised; changes no state.

        Args:
            reconstructions, targets (Tensor): (N, 3, H, W) RGB in 0-255.
            weights (Tensor | None): (N, 1, H, W) non-negative pixel weights; each layer's mean is
                then weighted by their local average.

        Returns:
            Tensor: (L,).
        """
        with torch.no_grad():
            wanted = [targets - self.imagenet_mean, *self.features(targets)]
        rebuilt = [reconstructions - self.imagenet_mean, *self.features(reconstructions)]
        local = None if weights is None else self._local_weights(weights, wanted)
        layers = []
        for index, (ours, theirs) in enumerate(zip(rebuilt, wanted)):
            if local is None:
                layers.append(F.mse_loss(ours, theirs))
            else:
                layers.append(((ours - theirs).square() * local[index]).mean())
        return torch.stack(layers)

    @staticmethod
    def _local_weights(weights: Tensor, layers: Sequence[Tensor]) -> list[Tensor]:
        """(N, 1, H, W) -> one (N, 1, h, w) a layer, of mean 1 over the pixels of all ranks."""
        local = [F.adaptive_avg_pool2d(weights, layer.shape[-2:]) for layer in layers]
        means = rank_mean(torch.stack([layer.mean() for layer in local])).clamp(min=1e-6)
        return [layer / mean for layer, mean in zip(local, means)]

    def forward(self, reconstructions: Tensor, targets: Tensor,
                weights: Optional[Tensor] = None) -> Tensor:
        """Arguments as :meth:`distances` -> weighted scalar; updates the running means."""
        distances = self.distances(reconstructions, targets, weights)
        # All ranks divide by one mean, that of all their images.
        current = rank_mean(distances.detach())
        begun = self.running_mean >= 0
        blended = self.momentum * self.running_mean + (1 - self.momentum) * current
        self.running_mean.copy_(torch.where(begun, blended, current))
        return self.loss_weight * (distances / (self.running_mean + 1e-8)).mean()
