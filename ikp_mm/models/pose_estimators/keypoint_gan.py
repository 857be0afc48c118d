"""KeypointGAN: wires Phi, eta, beta, Psi and D, and takes the steps.

Paper: Jakab, Gupta, Bilen, Vedaldi, "Self-supervised Learning of Interpretable Keypoints from
Unlabelled Videos", CVPR 2020 (arXiv 1907.02055).

    x --Phi--> y --eta--> p --beta--> y^ --+
               |                          Psi --> x^ ~ x
               D                    x' ----+
"""
from __future__ import annotations

import copy
from collections.abc import Sequence
from contextlib import contextmanager
from typing import Optional

import torch
from mmengine.optim import OptimWrapper
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm

from ...ops import (inside_frame, random_similarities, transform_images, transform_points,
                    unit_to_frame)
from ...structures import FramePairs, PriorPoses, Translation
from ..drawers import build_drawer
from ..image_pool import ImagePool
from .frame_pair_estimator import FramePairEstimator
from .label_free import label_free_samples


# Frames a step of stage one that Phi's running statistics are taken of.
STATISTICS_FRAMES = 4
# Fraction of the frame's side that a figure moves for its direction to count in full.
HEADING_DISTANCE = 0.1


@contextmanager
def running_statistics_kept(module: nn.Module):
    """BatchNorm normalises by its batches inside the block and does not remember them."""
    layers = [m for m in module.modules() if isinstance(m, _BatchNorm)]
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.momentum = 0.0
    try:
        yield
    finally:
        for layer, momentum in zip(layers, momenta):
            layer.momentum = momentum


@contextmanager
def frozen(*modules: nn.Module):
    """No gradient reaches the parameters of ``modules`` inside the block."""
    changed = [p for m in modules for p in m.parameters() if p.requires_grad]
    for parameter in changed:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in changed:
            parameter.requires_grad_(True)


def update_own_params(wrapper: OptimWrapper, loss: Tensor, retain_graph: bool = False) -> None:
    """``OptimWrapper.update_params``, computing the gradients of its own parameters alone.

    Modules that only hand gradients on get none, whatever their ``requires_grad``.
    """
    own = [p for group in wrapper.param_groups for p in group['params']]
    wrapper.backward(wrapper.scale_loss(loss), inputs=own, retain_graph=retain_graph)
    if wrapper.should_update():
        wrapper.step()
        wrapper.zero_grad()


@MODELS.register_module()
class KeypointGAN(FramePairEstimator):
    """A top-down pose estimator (Phi = backbone, eta = head) with what trains it without labels.

    Phi is a :class:`SkeletonUNet`, or any MMPose backbone with a :class:`SkeletonNeck`. The
    checkpoint loads into a stock ``TopdownPoseEstimator`` with the same backbone, neck and head.

    Args:
        backbone, head, data_preprocessor, train_cfg, test_cfg, metainfo, init_cfg: as in
            ``TopdownPoseEstimator``; ``head`` is a :class:`SkeletonHead`.
        generator (dict): Psi.
        discriminator (dict): D.
        neck (dict | None): the rest of Phi where the backbone gives no skeleton image. The
            optimizer of Phi must name it: ``modules=['backbone', 'neck', 'generator']``.
        loss_gan (dict): :class:`GANLoss`.
        loss_reconstruction (dict): :class:`PerceptualLoss`.
        loss_prior (dict): :class:`PriorCoordinateLoss`, eta on the prior, both stages.
        loss_rerender (dict): of ``beta(eta(y))`` and y, stage two (reference: MMPose's ``MSELoss``
            of weight 0.1).
        consistency_weight (float): weight of ``mean (y - beta(eta(y)))^2`` in Phi's loss, the
            rendering detached (0 in the reference).
        equivariance (dict | None): an addition to the paper: ``weight`` of
            ``mean (Phi(T x) - beta(T p))^2`` with p = eta(Phi(x)) and the rendering detached, for
            random similarities T drawn with ``rotate_deg``, ``scale``, ``shift`` and ``flip``
            (:func:`ikp_mm.ops.random_similarities`). What is found in one place is then found
            turned and moved. None: no such term.
        head_augment (dict | None): an addition to the paper: random similarities (``rotate_deg``,
            ``scale``, ``shift``, ``flip``) of the prior poses that eta learns from, in both stages;
            a flip exchanges left and right joints. D still sees the prior as it is, so eta can
            read figures in poses that the prior does not hold. None: eta learns the prior alone.
        figures (dict | None): an addition to the paper: Phi and eta also learn from prior poses
            painted as figures over the footage's scenes, alone in stage one, as an anchor after it.
            ``weight`` of ``mean (Phi(figure) - beta(p))^2`` (Phi); eta's loss on Phi's y of the
            figures counts ``keypoint_weight`` for Phi and ``head_weight`` for eta (a fifth of its
            loss on the prior: at five times it, eta reads clean drawings half as well);
            ``augment``: random similarities of the poses; the rest are arguments of
            :class:`FigureDrawer`. None: no figures.
        heading (dict | None): an addition to the paper: who moves, moves forwards. ``weight`` of
            ``mean w (1 - cos)`` of the angle between the figure's motion in the clip and the line
            from rear to front (``Skeleton.heading``); w rises with the distance covered, up to 1 at
            a tenth of the frame. Tells head from tail where the prior may be turned any way. No
            term where the skeleton knows no heading. None: no such term.
        foreground_gain (float): the reconstruction weighs a sure foreground pixel ``1 + gain``
            times a sure background pixel (0: all alike, the reference).
        pool_size (int): past skeleton images that D may see again (reference: 50).
        channels_last (bool): as in :class:`FramePairEstimator`.

    Raises:
        ValueError: a backbone with ``with_cp=True``.
    """

    def __init__(self, backbone: dict, head: dict, generator: dict, discriminator: dict,
                 neck: Optional[dict] = None, loss_gan: dict = dict(type='GANLoss'),
                 loss_reconstruction: dict = dict(type='PerceptualLoss'),
                 loss_prior: dict = dict(type='PriorCoordinateLoss'),
                 loss_rerender: dict = dict(type='MSELoss', loss_weight=0.1),
                 consistency_weight: float = 0.0, equivariance: Optional[dict] = None,
                 head_augment: Optional[dict] = None,
                 figures: Optional[dict] = None, heading: Optional[dict] = None,
                 foreground_gain: float = 0.0, pool_size: int = 50, channels_last: bool = False,
                 train_cfg: Optional[dict] = None,
                 test_cfg: Optional[dict] = None, data_preprocessor: Optional[dict] = None,
                 init_cfg=None, metainfo: Optional[dict] = None) -> None:
        super().__init__(backbone=backbone, neck=neck, head=head, train_cfg=train_cfg,
                         test_cfg=test_cfg, data_preprocessor=data_preprocessor, init_cfg=init_cfg,
                         metainfo=metainfo, channels_last=channels_last)
        checkpointed = [name for name, part in self.named_modules()
                        if getattr(part, 'with_cp', False)]
        if checkpointed:
            raise ValueError(
                f'{checkpointed[0]} has with_cp=True: recomputed activations cannot be used here, '
                'each of the three backward passes goes through a part of the graph alone')
        self.generator = MODELS.build(generator)
        self.discriminator = MODELS.build(discriminator)
        self.discriminator_mixes_images = any(
            isinstance(part, _BatchNorm) for part in self.discriminator.modules())
        self.loss_gan = MODELS.build(loss_gan)
        self.loss_reconstruction = MODELS.build(loss_reconstruction)
        self.loss_prior = MODELS.build(loss_prior)
        self.loss_rerender = MODELS.build(loss_rerender)
        self.consistency_weight = consistency_weight
        self.equivariance = dict(equivariance or dict(weight=0.0))
        self.equivariance_weight = self.equivariance.pop('weight')
        self.head_augment = head_augment
        self.figures = figures
        if figures is not None:
            self.figure_weight = figures['weight']
            self.figure_keypoint_weight = figures['keypoint_weight']
            self.figure_head_weight = figures.get('head_weight', 0.2)
            self.figure_augment = figures.get('augment', {})
            self.drawer = build_drawer(figures, self.head.skeleton,
                                       self.head.decoder.input_size[0])
        known = heading is not None and self.head.skeleton.heading is not None
        self.heading_weight = heading['weight'] if known else 0.0
        self.foreground_gain = foreground_gain
        self.pool = ImagePool(pool_size)
        self.to(memory_format=self.memory_format)
        # eta as stage one left it; decides left and right in the flip-corrected mode.
        self.frozen_head = copy.deepcopy(self.head).requires_grad_(False)
        self.register_buffer('head_is_frozen', torch.tensor(False))
        # What the buffer is known to hold: asking a GPU for it would stall every iteration. None
        # (at first, and after a load): not known.
        self._head_known_frozen: Optional[bool] = None
        self._iteration = 0

    def _load_from_state_dict(self, *args, **kwargs) -> None:
        # PyTorch's and MMEngine's loading both come through here.
        super()._load_from_state_dict(*args, **kwargs)
        self._head_known_frozen = None

    # ------------------------------------------------------------------ batches

    def prepare_prior(self, batch: dict) -> PriorPoses:
        """Collated :class:`PosePriorDataset` samples to the model's device.

        Raises:
            ValueError: no joint of the batch is visible: on any rank, as none can know of the
                others' without waiting.
        """
        # Before the cast: a look at what is on a GPU would stall every iteration.
        visible = batch['visible']
        if not visible.any():
            raise ValueError('no joint of this batch of prior poses is visible')
        batch = self.data_preprocessor.cast_data(batch)
        return PriorPoses(batch['keypoints'], batch['visible'])

    # ------------------------------------------------------------------ passes

    def translate(self, images: Tensor, appearances: Tensor,
                  detached: bool = False) -> Translation:
        """x and x' through Phi, eta, beta and Psi (eq. 1 and section 3.2).

        Args:
            images, appearances (Tensor): (N, 3, W, W), normalised.
            detached (bool): no gradient reaches Phi.
        """
        skeletons = self.extract_feat(images)[-1]
        if detached:
            skeletons = skeletons.detach()
        keypoints = self.head.keypoints(skeletons)
        rendered = self.head.render(keypoints)
        return Translation(skeletons, keypoints, rendered,
                           self.generator(rendered, appearances))

    def reconstruction_weights(self, weights: Tensor) -> Optional[Tensor]:
        """Pixel weights of the reconstruction; None when all pixels weigh alike."""
        return 1 + self.foreground_gain * weights if self.foreground_gain else None

    # ------------------------------------------------------------------ training

    def train_step(self, data: dict, optim_wrapper) -> dict:
        """One iteration of the stage that the loop names.

        Args:
            data (dict): ``stage`` is ``'prior'`` (with ``prior``: poses, and ``pairs`` where
                figures are painted), ``'warm_up'`` or ``'gan'`` (with ``prior`` and ``pairs``). In
                the warm-up Phi does not yet learn from D and Psi, which learn on its y.
                ``iteration``: number of the iteration in the run.
            optim_wrapper (OptimWrapperDict): ``translator`` (Phi and Psi), ``discriminator``
                and ``head`` (eta).

        Returns:
            dict: scalars to log.
        """
        self._iteration = data.get('iteration', 0)
        prior = self.prepare_prior(data['prior'])
        pairs = self.prepare_pairs(data['pairs']) if 'pairs' in data else None
        if data['stage'] == 'prior':
            return self._prior_step(prior, pairs, optim_wrapper)
        if not self._head_known_frozen:
            if not self.head_is_frozen:
                self.frozen_head.load_state_dict(self.head.state_dict())
                self.head_is_frozen.fill_(True)
            self._head_known_frozen = True
        return self._gan_step(pairs, prior, optim_wrapper, data['stage'] == 'warm_up')

    @property
    def pairs_in_stage_one(self) -> bool:
        """Whether stage one needs frame pairs: their scenes lie behind the painted figures."""
        return self.figures is not None

    def _prior_step(self, prior: PriorPoses, pairs: Optional[FramePairs], optim_wrapper) -> dict:
        """Stage one: eta on rendered prior poses, and with figures Phi and eta on these."""
        # The next stage two freezes eta anew, also after a load of a stage-two checkpoint.
        self.head_is_frozen.fill_(False)
        self._head_known_frozen = False
        wrapper = optim_wrapper['head']
        if self.figures is None:
            with wrapper.optim_context(self):
                loss = self._prior_loss(prior)
            wrapper.update_params(loss)
            return dict(loss_prior=loss.detach())
        # Phi's running statistics are those of real frames.
        if pairs is not None:
            with torch.no_grad():
                self.extract_feat(pairs.images[:STATISTICS_FRAMES])
        with optim_wrapper['translator'].optim_context(self):
            losses, on_figures = self._figure_losses(prior, pairs)
        with wrapper.optim_context(self):
            loss = self._prior_loss(prior)
        update_own_params(optim_wrapper['translator'], sum(losses.values()), retain_graph=True)
        update_own_params(wrapper, loss + self.figure_head_weight * on_figures)
        return dict(loss_prior=loss.detach(),
                    **{name: value.detach() for name, value in losses.items()})

    def painted(self, prior: PriorPoses, pairs: FramePairs) -> tuple[Tensor, Tensor, Tensor]:
        """Prior poses, moved and painted: normalised images, keypoints and visible joints."""
        keypoints, visible = self._move(prior, self.figure_augment)
        figures = self.drawer(keypoints, visible, pairs.scenes, pairs.colours)
        mean, std = self.data_preprocessor.mean, self.data_preprocessor.std
        images = ((figures - mean) / std).contiguous(memory_format=self.memory_format)
        return images, keypoints, visible

    def _figure_losses(self, prior: PriorPoses, pairs: FramePairs
                       ) -> tuple[dict[str, Tensor], Tensor]:
        """Phi against the drawing, eta against the pose, of prior poses painted as figures.

        Returns:
            tuple[dict, Tensor]: Phi's losses; eta's loss on Phi's y, without a weight.
        """
        if pairs is None or pairs.scenes is None:
            raise ValueError('figures need pairs with a scene and colours, as FramePairDataset '
                             'gives them')
        images, keypoints, visible = self.painted(prior, pairs)
        with torch.no_grad():
            drawing = self.head.render(keypoints, visible)
        with running_statistics_kept(self):
            skeletons = self.extract_feat(images)[-1]
        read = self.loss_prior(self.head.keypoints(skeletons), keypoints,
                               visible & inside_frame(keypoints), self._partners())
        return dict(loss_figures=self.figure_weight * (skeletons - drawing).square().mean(),
                    loss_figure_keypoints=self.figure_keypoint_weight * read), read

    def _gan_step(self, pairs: FramePairs, prior: PriorPoses, optim_wrapper,
                  warm_up: bool) -> dict:
        """Stage two: Phi and Psi, then D, then eta, each with its own optimizer."""
        with torch.no_grad():
            real = self.head.render(prior.keypoints, prior.visible)
        skeletons, rendered, on_figures, logs = self._translator_step(
            pairs, prior, optim_wrapper['translator'], warm_up)
        logs.update(self._discriminator_step(real, skeletons, optim_wrapper['discriminator']))
        logs.update(self._head_step(prior, real, skeletons, rendered, on_figures,
                                    optim_wrapper['head']))
        return logs

    def _translator_step(self, pairs: FramePairs, prior: PriorPoses, wrapper, warm_up: bool
                         ) -> tuple[Tensor, Tensor, Optional[Tensor], dict]:
        """Phi and Psi: y must look like a skeleton, and x^ like x.

        In the warm-up only Psi, and Phi by the figures.

        Returns:
            tuple[Tensor, Tensor, Tensor | None, dict]: y, detached; beta(eta(y)), and eta's loss on
            the figures, from which gradients still reach eta, which this step leaves as it is;
            scalars to log.
        """
        on_figures = None
        with wrapper.optim_context(self), frozen(self.discriminator):
            out = self.translate(pairs.images, pairs.appearances, detached=warm_up)
            losses = dict(loss_reconstruction=self.loss_reconstruction(
                self.to_rgb(out.reconstructions), self.to_rgb(pairs.targets),
                self.reconstruction_weights(pairs.weights)))
            if self.figures is not None:
                more, on_figures = self._figure_losses(prior, pairs)
                losses.update(more)
            disagreement = (out.skeletons - out.rendered.detach()).square().mean()
            if not warm_up:
                losses.update(self._translation_losses(pairs, out, disagreement))
        # eta's own step reads beta(eta(y)) again: the graph is kept for it.
        update_own_params(wrapper, sum(losses.values()), retain_graph=True)
        logs = {name: loss.detach() for name, loss in losses.items()}
        logs['agreement'] = disagreement.detach()
        return out.skeletons.detach(), out.rendered, on_figures, logs

    def _translation_losses(self, pairs: FramePairs, out: Translation, disagreement: Tensor
                            ) -> dict[str, Tensor]:
        """What else Phi is asked for."""
        losses = dict(loss_gan=self.loss_gan.generator(self.discriminator(out.skeletons)))
        if self.consistency_weight:
            losses['loss_consistency'] = self.consistency_weight * disagreement
        if self.heading_weight:
            losses['loss_heading'] = self.heading_weight * self._heading_error(
                out.keypoints, pairs.motion)
        if self.equivariance_weight:
            losses['loss_equivariance'] = self.equivariance_weight * self._equivariance_error(
                pairs.images, out.keypoints.detach())
        return losses

    def _heading_error(self, keypoints: Tensor, motion: Tensor) -> Tensor:
        """``mean w (1 - cos)`` of the angle between body and motion; see ``heading``."""
        rear, front = (keypoints[:, joint] for joint in self.head.skeleton.heading)
        cosine = F.cosine_similarity(front - rear, motion, dim=-1, eps=1e-4)
        weight = (motion.norm(dim=-1) / HEADING_DISTANCE).clamp(max=1)
        return (weight * (1 - cosine)).mean()

    def _equivariance_error(self, images: Tensor, keypoints: Tensor) -> Tensor:
        """``mean (Phi(T x) - beta(T p))^2``, a skeleton image drawn where T moves p."""
        transforms = random_similarities(len(images), **self.equivariance)
        transforms = transforms.to(images, non_blocking=True)
        warped = transform_images(images, transforms).contiguous(memory_format=self.memory_format)
        moved = self.extract_feat(warped)[-1]
        return (moved - self.head.render(transform_points(keypoints, transforms))).square().mean()

    def _discriminator_step(self, real: Tensor, skeletons: Tensor, wrapper) -> dict:
        """D: rendered prior poses against (past) outputs of Phi."""
        fakes = self.pool.query(skeletons)
        with wrapper.optim_context(self):
            real_scores, fake_scores = self._score(real, fakes)
            loss = self.loss_gan.discriminator(real_scores, fake_scores)
        wrapper.update_params(loss)
        return dict(loss_d=loss.detach(),
                    d_real=torch.stack([s.detach().mean() for s in real_scores]).mean(),
                    d_fake=torch.stack([s.detach().mean() for s in fake_scores]).mean())

    def _score(self, real: Tensor, fakes: Tensor) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
        """D on both: in one pass, which is faster, where no layer looks across images."""
        if self.discriminator_mixes_images:
            return self.discriminator(real), self.discriminator(fakes)
        both = self.discriminator(torch.cat([real, fakes]))
        return tuple(zip(*(scores.split([len(real), len(fakes)]) for scores in both)))

    def _head_step(self, prior: PriorPoses, real: Tensor, skeletons: Tensor, rendered: Tensor,
                   on_figures: Optional[Tensor], wrapper) -> dict:
        """eta: ``real`` is the drawn prior, ``rendered`` beta(eta(y)) as Phi's step left it.

        Only eta's gradients are computed: Phi, which has stepped meanwhile, is not gone back to.
        """
        with wrapper.optim_context(self):
            loss_prior = self._prior_loss(prior, real)
            loss_rerender = self.loss_rerender(rendered, skeletons)
        loss = loss_prior + loss_rerender
        if on_figures is not None:
            loss = loss + self.figure_head_weight * on_figures
        update_own_params(wrapper, loss)
        return dict(loss_prior=loss_prior.detach(), loss_rerender=loss_rerender.detach())

    def _prior_loss(self, prior: PriorPoses, drawn: Optional[Tensor] = None) -> Tensor:
        """``|eta(beta(p)) - p|^2`` for (moved) prior poses p; ``drawn`` is beta(p) unmoved."""
        keypoints, visible = prior.keypoints, prior.visible
        if self.head_augment is not None:
            keypoints, visible = self._move(prior, self.head_augment)
            drawn = None
        if drawn is None:
            drawn = self.head.render(keypoints, visible)
        # What lies outside the frame is drawn as far as it is seen; eta cannot reach it.
        return self.loss_prior(self.head.keypoints(drawn), keypoints,
                               visible & inside_frame(keypoints), self._partners())

    def _partners(self) -> Optional[Tensor]:
        """Mirror partners from the iteration on in which eta may name either side."""
        begin = self.loss_prior.either_side_from
        return self.head.swap if begin is not None and self._iteration >= begin else None

    def _move(self, prior: PriorPoses, augment: dict) -> tuple[Tensor, Tensor]:
        """Prior poses under random similarities, (N, K, 2) and (N, K); mirrored ones renamed."""
        keypoints, visible = prior.keypoints, prior.visible
        transforms = random_similarities(len(keypoints), **augment)
        mirrored = (torch.linalg.det(transforms[:, :, :2]) < 0).to(
            keypoints.device, non_blocking=True)
        moved = transform_points(keypoints, transforms.to(keypoints, non_blocking=True))
        swap = self.head.swap
        return (torch.where(mirrored[:, None, None], moved[:, swap], moved),
                torch.where(mirrored[:, None], visible[:, swap], visible))

    # ------------------------------------------------------------------ inference

    def predict(self, inputs: Tensor, data_samples: list[PoseDataSample]
                ) -> list[PoseDataSample]:
        """As ``TopdownPoseEstimator.predict``, with what the label-free evaluation needs.

        Adds to ``pred_instances``: ``keypoints_offline`` (1, K, 2), the frozen eta on
        beta(eta(y)), in pixels of the original image; ``agreement`` (1,), the mean squared
        difference of y and beta(eta(y)).
        """
        feats = self.extract_feat(inputs)
        skeletons = feats[-1]
        if self.test_cfg.get('flip_test', False):
            feats = [feats, self.extract_feat(inputs.flip(-1))]
        predictions = self.head.predict(feats, data_samples, test_cfg=self.test_cfg)
        results = self.add_pred_to_datasample(predictions, None, data_samples)
        rendered = self.head.render(self.head.keypoints(skeletons))
        head = self.frozen_head if self.head_is_frozen else self.head
        offline = unit_to_frame(head.keypoints(rendered))
        agreement = (skeletons - rendered).square().mean(dim=(1, 2, 3))
        for sample, keypoints, value in zip(results, offline, agreement):
            scale, center = sample.metainfo['input_scale'], sample.metainfo['input_center']
            located = keypoints.cpu().numpy() * scale + center - 0.5 * scale
            kept = self.test_cfg.get('output_keypoint_indices')  # as the parent keeps them
            sample.pred_instances.keypoints_offline = (
                located if kept is None else located[kept])[None]
            sample.pred_instances.agreement = value[None].cpu().numpy()
        return results

    def val_step(self, data: dict) -> list[PoseDataSample]:
        """Predict; of a batch of frame pairs the label-free figures (``label_free.py``)."""
        return label_free_samples(self, data) if 'appearance' in data else super().val_step(data)

    def test_step(self, data: dict) -> list[PoseDataSample]:
        """As :meth:`val_step`."""
        return label_free_samples(self, data) if 'appearance' in data else super().test_step(data)
