"""The yardstick of the benchmark: one iteration of stage two, written plainly.

The recipe of the released reference (arXiv 1907.02055 and its code) as one would first write it:
eager, fp32, contiguous tensors, every edge drawn on a full grid of coordinates, the losses term by
term, one Adam after the other. The networks are those of the :class:`KeypointGAN` it is given, so
that two steps differ in how they are taken alone; a test holds that both give the same weights.
"""
from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ikp_mm.models.image_pool import ImagePool
from ikp_mm.models.pose_estimators.keypoint_gan import KeypointGAN

from .renderer import ReferenceRenderer

MAX_NORM = 1.0  # of the gradients of each optimizer


class ReferenceStep:
    """Takes steps of the recipe on the networks of a model.

    Args:
        model (KeypointGAN): its networks are trained in place, by the terms of the release alone:
            LSGAN, no equivariance, mean-pose or consistency term, no pixel weights, no moved
            prior poses.
        learning_rates (dict[str, float]): of ``translator``, ``discriminator`` and ``head``.
    """

    def __init__(self, model: KeypointGAN, learning_rates: dict[str, float]) -> None:
        self.model, self.pool = model, ImagePool(model.pool.size)
        own = model.head.renderer
        self.renderer = ReferenceRenderer(model.head.skeleton.edges, own.size, own.sigma,
                                          own.falloff).to(own.starts.device)
        self.parameters = dict(
            translator=[*model.backbone.parameters(), *model.generator.parameters()],
            discriminator=[*model.discriminator.parameters()],
            head=[*model.head.parameters()])
        self.adams = {name: torch.optim.Adam(parameters, lr=learning_rates[name],
                                             betas=(0.5, 0.999))
                      for name, parameters in self.parameters.items()}

    def __call__(self, batch: dict) -> dict[str, Tensor]:
        """One iteration on a collated batch of ``pairs`` and ``prior``.

        Returns:
            dict[str, Tensor]: the losses by the names of :meth:`KeypointGAN.train_step`.
        """
        model = self.model
        images, targets, appearances = (
            self._normalise(batch['pairs'][key]) for key in ('image', 'target', 'appearance'))
        poses, visible = (
            batch['prior'][key].to(images.device) for key in ('keypoints', 'visible'))
        real = self.renderer(poses, visible)  # for D and for eta

        # G: Phi and Psi. eta and D only hand gradients on.
        model.head.requires_grad_(False)
        model.discriminator.requires_grad_(False)
        skeletons = model.backbone(images)[-1]
        drawn = self.renderer(self._keypoints(skeletons))
        reconstructions = model.generator(drawn, appearances)
        logs = dict(
            loss_gan=model.loss_gan.loss_weight * self._adversarial(skeletons, 1.0),
            loss_reconstruction=self._perceptual(reconstructions, targets))
        self._step('translator', logs['loss_gan'] + logs['loss_reconstruction'])

        # D: rendered prior poses against (past) outputs of Phi.
        model.head.requires_grad_(True)
        model.discriminator.requires_grad_(True)
        skeletons = skeletons.detach()
        fakes = self.pool.query(skeletons)
        logs['loss_d'] = model.loss_gan.discriminator_weight * (
            self._adversarial(real, 1.0) + self._adversarial(fakes, 0.0))
        self._step('discriminator', logs['loss_d'])

        # eta: prior poses, and what it redraws of y.
        found = self._keypoints(real)
        redrawn = self.renderer(self._keypoints(skeletons))
        logs['loss_prior'] = (
            model.loss_prior.loss_weight * (found - poses)[visible].square().mean())
        logs['loss_rerender'] = (
            model.loss_rerender.loss_weight * F.mse_loss(redrawn, skeletons))
        self._step('head', logs['loss_prior'] + logs['loss_rerender'])
        return {name: loss.detach() for name, loss in logs.items()}

    def _normalise(self, images: Tensor) -> Tensor:
        preprocessor = self.model.data_preprocessor
        images = images.to(preprocessor.mean.device)
        if preprocessor._channel_conversion:
            images = images[:, [2, 1, 0]]
        return (images.float() - preprocessor.mean) / preprocessor.std

    def _keypoints(self, skeletons: Tensor) -> Tensor:
        """eta: (N, 1, S, S) to (N, K, 2), of each heatmap the expected place on each axis."""
        heatmaps = self.model.head.encoder(skeletons)  # (N, K, L, L)
        places = torch.linspace(-1, 1, heatmaps.shape[-1], device=heatmaps.device,
                                dtype=heatmaps.dtype)
        x = (heatmaps.mean(dim=2).softmax(dim=2) * places).sum(dim=2)
        y = (heatmaps.mean(dim=3).softmax(dim=2) * places).sum(dim=2)
        return torch.stack([x, y], dim=2)

    def _adversarial(self, skeletons: Tensor, wanted: float) -> Tensor:
        """LSGAN: of D's scores the mean over scales of ``mean (s - wanted)^2``."""
        scores = self.model.discriminator(skeletons)
        return sum(((s - wanted)**2).mean() for s in scores) / len(scores)

    def _perceptual(self, reconstructions: Tensor, targets: Tensor) -> Tensor:
        """Image and features, each term over its running mean."""
        loss, preprocessor = self.model.loss_reconstruction, self.model.data_preprocessor
        pictures = (x * preprocessor.std + preprocessor.mean for x in (reconstructions, targets))
        ours, theirs = ([x, *loss.features(x)] for x in pictures)
        terms = []
        for layer, (a, b) in enumerate(zip(ours, theirs)):
            term = F.mse_loss(a, b)
            mean = loss.running_mean[layer]
            mean = term.detach() if mean < 0 else (
                loss.momentum * mean + (1 - loss.momentum) * term.detach())
            loss.running_mean[layer] = mean
            terms.append(term / (mean + 1e-8))
        return loss.loss_weight * sum(terms) / len(terms)

    def _step(self, name: str, loss: Tensor) -> None:
        self.adams[name].zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters[name], MAX_NORM)
        self.adams[name].step()
