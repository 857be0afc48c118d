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
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ...ops import random_similarities, transform_images, transform_points, unit_to_frame
from ...structures import FramePairs, PriorPoses, Translation
from ..image_pool import ImagePool
from ..rank_mean import rank_mean
from .frame_pair_estimator import FramePairEstimator


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
        loss_rerender (dict): :class:`RerenderLoss`, eta on y, stage two.
        consistency_weight (float): weight of ``mean (y - beta(eta(y)))^2`` in Phi's loss, the
            rendering detached (0 in the reference).
        equivariance (dict | None): an addition to the paper: ``weight`` of
            ``mean (Phi(T x) - beta(T p))^2`` with p = eta(Phi(x)) and the rendering detached, for
            random similarities T drawn with ``rotate_deg``, ``scale``, ``shift`` and ``flip``
            (:func:`ikp_mm.ops.random_similarities`). What is found in one place is then found
            turned and moved. None: no such term.
        mean_pose_weight (float): an addition to the paper: weight of the squared difference between
            the batch's mean pose and the prior's, each pose first centred on its joints. D asks
            the same of the drawings, but can hardly tell a thin triangle from a reversed one; the
            coordinates can. Holds the whole solution the way round that the prior has on average.
        head_augment (dict | None): an addition to the paper: random similarities (``rotate_deg``,
            ``scale``, ``shift``, ``flip``) of the prior poses that eta learns from, in both stages;
            a flip exchanges left and right joints. D still sees the prior as it is, so eta can
            read figures in poses that the prior does not hold. None: eta learns the prior alone.
        foreground_gain (float): the reconstruction weighs a sure foreground pixel ``1 + gain``
            times a sure background pixel (0: all alike, the reference).
        pool_size (int): past skeleton images that D may see again (reference: 50).
        channels_last (bool): as in :class:`FramePairEstimator`.
        compile_networks (dict | None): arguments of ``torch.compile`` (``dict()`` for none of
            them): Phi, eta, Psi, D and the feature network are compiled, each by itself. The three
            optimizers, the renderer and the losses between them stay eager. For GPUs: on a CPU it
            was measured to gain little (docs/performance.md). torch 2.4's compiler fails on them.

    Raises:
        ValueError: a backbone with ``with_cp=True``; ``compile_networks`` with CUDA graphs.
    """

    def __init__(self, backbone: dict, head: dict, generator: dict, discriminator: dict,
                 neck: Optional[dict] = None, loss_gan: dict = dict(type='GANLoss'),
                 loss_reconstruction: dict = dict(type='PerceptualLoss'),
                 loss_prior: dict = dict(type='PriorCoordinateLoss'),
                 loss_rerender: dict = dict(type='RerenderLoss'),
                 consistency_weight: float = 0.0, equivariance: Optional[dict] = None,
                 mean_pose_weight: float = 0.0, head_augment: Optional[dict] = None,
                 foreground_gain: float = 0.0, pool_size: int = 50, channels_last: bool = False,
                 compile_networks: Optional[dict] = None,
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
        self.mean_pose_weight = mean_pose_weight
        self.head_augment = head_augment
        self.foreground_gain = foreground_gain
        self.pool = ImagePool(pool_size)
        self.to(memory_format=self.memory_format)
        # eta as stage one left it; decides left and right in the flip-corrected mode.
        self.frozen_head = copy.deepcopy(self.head).requires_grad_(False)
        self.register_buffer('head_is_frozen', torch.tensor(False))
        # What the buffer is known to hold: asking a GPU for it would stall every iteration. None
        # (at first, and after a load): not known.
        self._head_known_frozen: Optional[bool] = None
        if compile_networks is not None:
            if compile_networks.get('mode') in ('reduce-overhead', 'max-autotune'):
                raise ValueError(f"compile_networks: mode={compile_networks['mode']!r} replays "
                                 'CUDA graphs, whose outputs the next call of a network overwrites; a '
                                 'step calls eta and D several times')
            # In place: names of weights, and so checkpoints, stay as they are.
            for network in (self.backbone, *([self.neck] if self.with_neck else ()),
                            self.head.encoder, self.generator, self.discriminator,
                            self.loss_reconstruction.features):
                network.compile(**compile_networks)

    def _load_from_state_dict(self, *args, **kwargs) -> None:
        # PyTorch's and MMEngine's loading both come through here.
        super()._load_from_state_dict(*args, **kwargs)
        self._head_known_frozen = None

    # ------------------------------------------------------------------ batches

    def prepare_prior(self, batch: dict) -> PriorPoses:
        """Collated :class:`PosePriorDataset` samples to the model's device.

        Raises:
            ValueError: no joint of the batch is visible, or with ``mean_pose_weight`` no pose of
                it is complete: on any rank, as none can know of the others' without waiting.
        """
        # Before the cast: a look at what is on a GPU would stall every iteration.
        visible = batch['visible']
        if not visible.any():
            raise ValueError('no joint of this batch of prior poses is visible')
        if self.mean_pose_weight and not visible.all(dim=1).any():
            raise ValueError('mean_pose_weight needs complete poses: every pose of this batch of '
                             'the prior lacks a joint')
        batch = self.data_preprocessor.cast_data(batch)
        return PriorPoses(batch['keypoints'], batch['visible'])

    # ------------------------------------------------------------------ passes

    def translate(self, images: Tensor, appearances: Tensor) -> Translation:
        """x and x' through Phi, eta, beta and Psi (eq. 1 and section 3.2)."""
        skeletons = self.extract_feat(images)[-1]
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
            data (dict): ``stage`` is ``'prior'`` (with ``prior``: poses) or ``'gan'`` (with
                ``prior`` and ``pairs``).
            optim_wrapper (OptimWrapperDict): ``translator`` (Phi and Psi), ``discriminator``
                and ``head`` (eta).

        Returns:
            dict: scalars to log.
        """
        prior = self.prepare_prior(data['prior'])
        if data['stage'] == 'prior':
            return self._prior_step(prior, optim_wrapper)
        if not self._head_known_frozen:
            if not self.head_is_frozen:
                self.frozen_head.load_state_dict(self.head.state_dict())
                self.head_is_frozen.fill_(True)
            self._head_known_frozen = True
        return self._gan_step(self.prepare_pairs(data['pairs']), prior, optim_wrapper)

    def _prior_step(self, prior: PriorPoses, optim_wrapper) -> dict:
        """Stage one: eta on rendered prior poses alone."""
        # The next stage two freezes eta anew, also after a load of a stage-two checkpoint.
        self.head_is_frozen.fill_(False)
        self._head_known_frozen = False
        wrapper = optim_wrapper['head']
        with wrapper.optim_context(self):
            loss = self._prior_loss(prior)
        wrapper.update_params(loss)
        return dict(loss_prior=loss.detach())

    def _gan_step(self, pairs: FramePairs, prior: PriorPoses, optim_wrapper) -> dict:
        """Stage two: Phi and Psi, then D, then eta, each with its own optimizer."""
        with torch.no_grad():
            real = self.head.render(prior.keypoints, prior.visible)
        skeletons, rendered, logs = self._translator_step(
            pairs, prior, optim_wrapper['translator'])
        logs.update(self._discriminator_step(real, skeletons, optim_wrapper['discriminator']))
        logs.update(self._head_step(prior, real, skeletons, rendered, optim_wrapper['head']))
        return logs

    def _translator_step(self, pairs: FramePairs, prior: PriorPoses,
                         wrapper) -> tuple[Tensor, Tensor, dict]:
        """Phi and Psi: y must look like a skeleton, and x^ like x.

        Returns:
            tuple[Tensor, Tensor, dict]: y, detached; beta(eta(y)), from which gradients still
            reach eta, which this step leaves as it is; scalars to log.
        """
        with wrapper.optim_context(self), frozen(self.discriminator):
            out = self.translate(pairs.images, pairs.appearances)
            losses = dict(
                loss_gan=self.loss_gan.generator(self.discriminator(out.skeletons)),
                loss_reconstruction=self.loss_reconstruction(
                    self.to_rgb(out.reconstructions), self.to_rgb(pairs.targets),
                    self.reconstruction_weights(pairs.weights)))
            disagreement = (out.skeletons - out.rendered.detach()).square().mean()
            if self.consistency_weight:
                losses['loss_consistency'] = self.consistency_weight * disagreement
            if self.mean_pose_weight:
                losses['loss_mean_pose'] = self.mean_pose_weight * self._mean_pose_error(
                    out.keypoints, prior)
            if self.equivariance_weight:
                losses['loss_equivariance'] = self.equivariance_weight * self._equivariance_error(
                    pairs.images, out.keypoints.detach())
        # eta's own step reads beta(eta(y)) again: the graph is kept for it.
        update_own_params(wrapper, sum(losses.values()), retain_graph=True)
        logs = {name: loss.detach() for name, loss in losses.items()}
        logs['agreement'] = disagreement.detach()
        return out.skeletons.detach(), out.rendered, logs

    @staticmethod
    def _mean_pose_error(keypoints: Tensor, prior: PriorPoses) -> Tensor:
        """``mean_k |E[p_k - p] - E[q_k - q]|^2``, p and q centred poses; complete ones of q.

        E is the mean over the batches of all ranks. At least one pose must be complete.
        """
        complete = prior.visible.all(dim=1)
        ours, theirs = (poses - poses.mean(dim=1, keepdim=True)
                        for poses in (keypoints, prior.keypoints))
        theirs = theirs.masked_fill(~complete[:, None, None], 0)
        mean_pose = rank_mean(ours.mean(dim=0))
        prior_mean_pose = (rank_mean(theirs.sum(dim=0))
                           / rank_mean(complete.sum().to(theirs.dtype)))
        return (mean_pose - prior_mean_pose).square().sum(dim=-1).mean()

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
                   wrapper) -> dict:
        """eta: ``real`` is the drawn prior, ``rendered`` beta(eta(y)) as Phi's step left it.

        Only eta's gradients are computed: Phi, which has stepped meanwhile, is not gone back to.
        """
        with wrapper.optim_context(self):
            loss_prior = self._prior_loss(prior, real)
            loss_rerender = self.loss_rerender(rendered, skeletons)
        update_own_params(wrapper, loss_prior + loss_rerender)
        return dict(loss_prior=loss_prior.detach(), loss_rerender=loss_rerender.detach())

    def _prior_loss(self, prior: PriorPoses, drawn: Optional[Tensor] = None) -> Tensor:
        """``|eta(beta(p)) - p|^2`` for (moved) prior poses p; ``drawn`` is beta(p) unmoved."""
        keypoints, visible = prior.keypoints, prior.visible
        if self.head_augment is not None:
            drawn = None
            transforms = random_similarities(len(keypoints), **self.head_augment)
            mirrored = (torch.linalg.det(transforms[:, :, :2]) < 0).to(
                keypoints.device, non_blocking=True)
            transforms = transforms.to(keypoints, non_blocking=True)
            moved = transform_points(keypoints, transforms)
            swap = self.head.swap
            keypoints = torch.where(mirrored[:, None, None], moved[:, swap], moved)
            visible = torch.where(mirrored[:, None], visible[:, swap], visible)
        if drawn is None:
            drawn = self.head.render(keypoints, visible)
        return self.loss_prior(self.head.keypoints(drawn), keypoints, visible)

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
        """Predict; a batch of frame pairs gets the label-free figures instead.

        For frame pairs each sample carries ``label_free``: ``agreement``, ``reconstruction`` (mean
        squared error of the reconstruction in [0, 1] intensities, foreground-weighted) and
        ``keypoints`` (K, 2) in unit coordinates.
        """
        return self._label_free(data) if 'appearance' in data else super().val_step(data)

    def test_step(self, data: dict) -> list[PoseDataSample]:
        """As :meth:`val_step`."""
        return self._label_free(data) if 'appearance' in data else super().test_step(data)

    def _label_free(self, data: dict) -> list[PoseDataSample]:
        pairs = self.prepare_pairs(data)
        out = self.translate(pairs.images, pairs.appearances)
        agreement = (out.skeletons - out.rendered).square().mean(dim=(1, 2, 3))
        squared = ((self.to_rgb(out.reconstructions) - self.to_rgb(pairs.targets)) / 255).square()
        total = pairs.weights.sum(dim=(1, 2, 3)).clamp(min=1e-6)
        error = (squared.mean(dim=1, keepdim=True) * pairs.weights).sum(dim=(1, 2, 3)) / total
        samples = []
        for row in range(len(pairs)):
            sample = PoseDataSample(pred_instances=InstanceData())
            sample.set_field(
                dict(agreement=float(agreement[row]), reconstruction=float(error[row]),
                     keypoints=out.keypoints[row].cpu().numpy()), 'label_free')
            samples.append(sample)
        return samples
