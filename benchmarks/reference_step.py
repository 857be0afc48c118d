"""One iteration of stage two, written plainly, that ours is compared with.

The recipe of the released reference (arXiv 1907.02055 and its code) as one would first write it:
eager, float32, every edge drawn on a full grid of coordinates, one Adam step after the other, each
behind a whole backward pass. Networks, losses and optimizers are those it is given, so that two
steps differ in how they are taken alone; a test holds that both give the same weights.
"""
from __future__ import annotations

from mmengine.optim import OptimWrapperDict
from torch import Tensor

from ikp_mm.models.image_pool import ImagePool
from ikp_mm.models.pose_estimators.keypoint_gan import KeypointGAN

from .renderer import ReferenceRenderer


class ReferenceStep:
    """Takes steps of the recipe on the networks of a model.

    Args:
        model (KeypointGAN): its networks are trained in place, by the terms of the release alone:
            no equivariance, consistency or heading term, no figures, no pixel weights, no moved
            prior poses.
        optim_wrapper (OptimWrapperDict): ``translator``, ``discriminator`` and ``head``, as of
            :meth:`KeypointGAN.train_step`.
    """

    def __init__(self, model: KeypointGAN, optim_wrapper: OptimWrapperDict) -> None:
        self.model, self.optim_wrapper = model, optim_wrapper
        self.pool = ImagePool(model.pool.size)
        own = model.head.renderer
        self.renderer = ReferenceRenderer(model.head.skeleton.edges, own.size, own.sigma,
                                          own.falloff)

    def __call__(self, batch: dict) -> dict[str, Tensor]:
        """One iteration on a collated batch of ``pairs`` and ``prior``.

        Returns:
            dict[str, Tensor]: the losses by the names of :meth:`KeypointGAN.train_step`.
        """
        model, eta = self.model, self.model.head.keypoints
        pairs = model.prepare_pairs(batch['pairs'])
        prior = model.prepare_prior(batch['prior'])
        real = self.renderer(prior.keypoints, prior.visible)  # for D and for eta

        # G: Phi and Psi. eta and D only hand gradients on.
        model.head.requires_grad_(False)
        model.discriminator.requires_grad_(False)
        skeletons = model.backbone(pairs.images)[-1]
        reconstructions = model.generator(self.renderer(eta(skeletons)), pairs.appearances)
        logs = dict(
            loss_gan=model.loss_gan.generator(model.discriminator(skeletons)),
            loss_reconstruction=model.loss_reconstruction(
                model.to_rgb(reconstructions), model.to_rgb(pairs.targets)))
        self.optim_wrapper['translator'].update_params(sum(logs.values()))

        # D: rendered prior poses against (past) outputs of Phi.
        model.head.requires_grad_(True)
        model.discriminator.requires_grad_(True)
        skeletons = skeletons.detach()
        logs['loss_d'] = model.loss_gan.discriminator(
            model.discriminator(real), model.discriminator(self.pool.query(skeletons)))
        self.optim_wrapper['discriminator'].update_params(logs['loss_d'])

        # eta: prior poses, and what it redraws of y.
        logs['loss_prior'] = model.loss_prior(eta(real), prior.keypoints, prior.visible)
        logs['loss_rerender'] = model.loss_rerender(self.renderer(eta(skeletons)), skeletons)
        self.optim_wrapper['head'].update_params(logs['loss_prior'] + logs['loss_rerender'])
        return {name: loss.detach() for name, loss in logs.items()}
