"""Adversarial losses on patch scores.

Paper: arXiv 1907.02055, equation 2 (the difference adversarial loss of LSGAN, Mao et al. 2017);
vanilla: Goodfellow et al. 2014 (non-saturating); hinge: Lim & Ye 2017.
"""
from __future__ import annotations

from typing import Sequence

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional as F

MODES = ('lsgan', 'vanilla', 'hinge')


@MODELS.register_module()
class GANLoss(nn.Module):
    """Loss of one side of the game, averaged over score maps, then over scales.

    With s the scores (logits):

    - lsgan:   real ``(s - 1)^2``, fake ``s^2``; generator ``(s - 1)^2``
    - vanilla: real ``softplus(-s)``, fake ``softplus(s)``; generator ``softplus(-s)``
    - hinge:   real ``relu(1 - s)``, fake ``relu(1 + s)``; generator ``-s``

    Args:
        mode (str): ``'lsgan'``, ``'vanilla'`` or ``'hinge'``.
        loss_weight (float): weight of the *generator's* side (reference: 10).
        discriminator_weight (float): weight of the discriminator's two terms (reference: 0.5).

    Raises:
        ValueError: unknown mode.
    """

    def __init__(self, mode: str = 'lsgan', loss_weight: float = 10.0,
                 discriminator_weight: float = 0.5) -> None:
        super().__init__()
        if mode not in MODES:
            raise ValueError(f'GAN mode must be one of {MODES}, got {mode!r}')
        self.mode = mode
        self.loss_weight = loss_weight
        self.discriminator_weight = discriminator_weight

    def _real(self, scores: Tensor) -> Tensor:
        if self.mode == 'lsgan':
            return (scores - 1).square().mean()
        if self.mode == 'vanilla':
            return F.softplus(-scores).mean()
        return F.relu(1 - scores).mean()

    def _fake(self, scores: Tensor) -> Tensor:
        if self.mode == 'lsgan':
            return scores.square().mean()
        if self.mode == 'vanilla':
            return F.softplus(scores).mean()
        return F.relu(1 + scores).mean()

    def generator(self, fake_scores: Sequence[Tensor]) -> Tensor:
        """Weighted scalar that falls as D takes the fakes for real."""
        per_scale = [-s.mean() if self.mode == 'hinge' else self._real(s) for s in fake_scores]
        return self.loss_weight * torch.stack(per_scale).mean()

    def discriminator(self, real_scores: Sequence[Tensor],
                      fake_scores: Sequence[Tensor]) -> Tensor:
        """Weighted scalar that falls as D tells real from fake."""
        real = torch.stack([self._real(s) for s in real_scores]).mean()
        fake = torch.stack([self._fake(s) for s in fake_scores]).mean()
        return self.discriminator_weight * (real + fake)
