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


class ReferenceStep:
    """Takes steps of the recipe on the networks of a model.

    Args:
        model (KeypointGAN): its networks are trained in place. Only what the release has is known
            here: LSGAN, no equivariance, mean-pose or consistency term, no pixel weights, no
            moved prior poses.
        learning_rates (dict[str, float]): of ``translator``, ``discriminator`` and ``head``.
        betas, max_norm: of Adam, and the largest norm of the gradients of each optimizer.

    Raises:
        ValueError: the model has a term that the release lacks.
    """

    def __init__(self, model: KeypointGAN, learning_rates: dict[str, float],
                 betas: tuple[float, float] = (0.5, 0.999), max_norm: float = 1.0) -> None:
        added = [name for name in ('consistency_weight', 'equivariance_weight', 'head_augment',
                                   'foreground_gain') if getattr(model, name)]
        if added or model.loss_gan.mode != 'lsgan' or model.with_neck:
            raise ValueError(f'the reference step knows no {added or "neck, or other GAN loss"}: '
                             'compare models without them')
        self.model = model
        own = model.head.renderer
        self.renderer = ReferenceRenderer(model.head.skeleton.edges, own.size, own.sigma,
                                          own.falloff).to(model.head.renderer.starts.device)
        self.max_norm = max_norm
        self.parameters = dict(
            translator=[*model.backbone.parameters(), *model.generator.parameters()],
            discriminator=[*model.discriminator.parameters()],
            head=[*model.head.parameters()])
        self.adams = {name: torch.optim.Adam(parameters, lr=learning_rates[name], betas=betas)
                      for name, parameters in self.parameters.items()}
        self.pool = ImagePool(model.pool.size)

    def __call__(self, batch: dict) -> dict[str, Tensor]:
        """One iteration on a collated batch of ``pairs`` and ``prior``.

        Returns:
            dict[str, Tensor]: ``loss_gan``, ``loss_reconstruction``, ``loss_d``, ``loss_prior`` and
            ``loss_rerender``, as :meth:`KeypointGAN.train_step` names them.
        """
        model = self.model
        images, targets, appearances = (
            self._normalise(batch['pairs'][key]) for key in ('image', 'target', 'appearance'))
        device = images.device
        poses = batch['prior']['keypoints'].to(device)
        visible = batch['prior']['visible'].to(device)
        real = self.renderer(poses, visible)  # for D and for eta

        # G: Phi and Psi. eta and D only hand gradients on.
        self._let_learn(head=False, discriminator=False)
        skeletons = model.backbone(images)[-1]
        keypoints = self._soft_argmax(model.head.encoder(skeletons))
        drawn = self.renderer(keypoints)
        reconstructions = model.generator(drawn, appearances)
        logs = dict(
            loss_gan=model.loss_gan.loss_weight * self._adversarial(
                model.discriminator(skeletons), 1.0),
            loss_reconstruction=self._perceptual(reconstructions, targets))
        self._step('translator', logs['loss_gan'] + logs['loss_reconstruction'])

        # D: rendered prior poses against (past) outputs of Phi.
        self._let_learn(head=True, discriminator=True)
        skeletons = skeletons.detach()
        fakes = self.pool.query(skeletons)
        logs['loss_d'] = model.loss_gan.discriminator_weight * (
            self._adversarial(model.discriminator(real), 1.0)
            + self._adversarial(model.discriminator(fakes), 0.0))
        self._step('discriminator', logs['loss_d'])

        # eta: prior poses, and what it redraws of y.
        found = self._soft_argmax(model.head.encoder(real))
        redrawn = self.renderer(self._soft_argmax(model.head.encoder(skeletons)))
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

    def _let_learn(self, **modules: bool) -> None:
        for name, learns in modules.items():
            for parameter in getattr(self.model, name).parameters():
                parameter.requires_grad_(learns)

    @staticmethod
    def _soft_argmax(heatmaps: Tensor) -> Tensor:
        """(N, K, L, L) -> (N, K, 2): the expected place on each axis."""
        places = torch.linspace(-1, 1, heatmaps.shape[-1], device=heatmaps.device,
                                dtype=heatmaps.dtype)
        x = (heatmaps.mean(dim=2).softmax(dim=2) * places).sum(dim=2)
        y = (heatmaps.mean(dim=3).softmax(dim=2) * places).sum(dim=2)
        return torch.stack([x, y], dim=2)

    @staticmethod
    def _adversarial(scores: list[Tensor], wanted: float) -> Tensor:
        """LSGAN: the mean over scales of ``mean (s - wanted)^2``."""
        return sum(((s - wanted)**2).mean() for s in scores) / len(scores)

    def _perceptual(self, reconstructions: Tensor, targets: Tensor) -> Tensor:
        """Image and features, each term over its running mean."""
        loss, preprocessor = self.model.loss_reconstruction, self.model.data_preprocessor
        reconstructions, targets = (
            x * preprocessor.std + preprocessor.mean for x in (reconstructions, targets))
        ours = [reconstructions, *loss.features(reconstructions)]
        theirs = [targets, *loss.features(targets)]
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
        nn.utils.clip_grad_norm_(self.parameters[name], self.max_norm)
        self.adams[name].step()
