"""Thewlis et al. 2017 (NIPS) and 2019: dense embeddings that move with the image.

Papers: Thewlis, Bilen, Vedaldi, "Unsupervised learning of object frames by dense equivariant image
labelling", NIPS 2017; Thewlis, Albanie, Bilen, Vedaldi, "Unsupervised learning of landmarks by
descriptor vector exchange" (DVE), ICCV 2019, and its release (jamt9000/DVE). The smallest honest
version: both papers' loss, which differs in the exchange alone, on the cells of one feature map.

Deviations: the papers fit the vectors whose places are the points with labels (1x1 convolution,
soft-argmax, linear layer). Here they need none: each is the average embedding of one window of the
training frames, so a point is where an image looks most like what usually lies in that window. The
embeddings have one length, 8 (the loss of the release: 20, with which the exchange learns too
slowly for our few iterations; its CelebA configs leave the length free). Cells that leave the
frame do not count.

Left out: thin-plate warps (similarities alone) and colour changes, SmallNet and the hourglass (an
encoder of the size of IMM's, whose features are the embeddings), the warp of the first image,
pretraining on CelebA.
"""
from __future__ import annotations

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional as F

from ikp_mm.ops import transform_points
from ikp_mm.ops.coords import pixel_grid
from ikp_mm.structures import FramePairs

from .unnamed_points import UnnamedPointEstimator


@MODELS.register_module()
class DenseMatchingLoss(nn.Module):
    """``mean_u sum_v |v - T u|^power p(v | u)``, ``p(v | u) = softmax_v <Phi_u(x), Phi_v(T x)>``.

    With the exchange, another image x_a of the batch stands in for x: ``Phi_u(x)`` is replaced by
    ``sum_w q(w | u) Phi_w(x_a)``, ``q(w | u) = softmax_w <Phi_u(x), Phi_w(x_a)>``. Embeddings must
    then find the same part in another figure, and not only in the same one.

    Args:
        exchange (bool): True is DVE, False the dense labelling of 2017.
        power (float): of the distance, in unit coordinates (papers: 1; release: 0.5).
        loss_weight (float): weight.
    """

    def __init__(self, exchange: bool = True, power: float = 0.5, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.exchange, self.power, self.loss_weight = exchange, power, loss_weight

    def forward(self, source: Tensor, moved: Tensor, transforms: Tensor) -> Tensor:
        """Match every cell of x among those of T x.

        Args:
            source (Tensor): embeddings of x (N, D, S, S), cell i at ``2 i / S - 1``.
            moved (Tensor): of T x, (N, D, S, S).
            transforms (Tensor): similarities T (N, 2, 3).

        Returns:
            Tensor: weighted scalar, mean over the cells u whose T u lies among the cells.
        """
        line = pixel_grid(source.shape[-1], source.device, source.dtype)
        cells = torch.cartesian_prod(line, line).flip(1)  # (S^2, 2), (x, y), x runs faster
        targets = transform_points(cells.expand(len(source), -1, 2), transforms)
        apart = (targets[:, :, None] - cells).norm(dim=3) ** self.power  # (N, u, v)
        source, moved = source.flatten(2), moved.flatten(2)  # (N, D, S^2)
        if self.exchange:
            other = source.roll(-1, dims=0)
            found = (source.transpose(1, 2) @ other).softmax(dim=2)  # (N, u, w)
            source = other @ found.transpose(1, 2)
        matches = (source.transpose(1, 2) @ moved).softmax(dim=2)
        stay = ((targets >= line[0]) & (targets <= line[-1])).all(dim=2)
        return self.loss_weight * (apart * matches).sum(dim=2)[stay].mean()


@MODELS.register_module()
class Thewlis2019(UnnamedPointEstimator):
    """Dense embeddings of single frames; of a pair the second is not used.

    The embeddings are the backbone's features, scaled to one length. ``head.heatmaps`` is not
    trained: its K filters are reference embeddings, running means over the training frames, one
    for each of K windows that divide the frame. So heatmap k is ``<reference_k, Phi_v(x)>``, and
    point k the mean place under its softmax.

    Args:
        loss_matching (dict): :class:`DenseMatchingLoss`.
        windows (tuple[int, int]): rows and columns of windows; their product is the head's K.
        warp (dict): of :func:`ikp_mm.ops.random_similarities`.
        length (float): of the embeddings; its inverse square is the softmaxes' temperature.
        momentum (float): what a batch contributes to the references, 0 to 1.
        options: see :class:`UnnamedPointEstimator`; the head's maps are normalised over the frame
            (``normalisation='spatial'``).

    Raises:
        ValueError: ``windows`` are not as many as the head's points.
    """

    def __init__(self, loss_matching: dict, windows: tuple[int, int], warp: dict,
                 length: float = 8.0, momentum: float = 0.02, **options) -> None:
        super().__init__(**options)
        if windows[0] * windows[1] != self.head.num_points:
            raise ValueError(f'{windows[0]} x {windows[1]} windows for a head of '
                             f'{self.head.num_points} points')
        self.loss_matching = MODELS.build(loss_matching)
        self.windows, self.warp, self.length, self.momentum = windows, warp, length, momentum
        self.head.heatmaps.requires_grad_(False)
        self.to(memory_format=self.memory_format)

    def embed(self, features: Tensor) -> Tensor:
        """Features (N, D, S, S) -> embeddings (N, D, S, S), each ``length`` long."""
        return self.length * F.normalize(features, dim=1)

    def extract_feat(self, inputs: Tensor) -> tuple[Tensor]:
        """Normalised images (N, 3, W, W) -> the embeddings (N, D, S, S), for the head."""
        return (self.embed(self.backbone(inputs)[-1]), )

    @torch.no_grad()
    def update_references(self, embeddings: Tensor) -> None:
        """Move the head's filters towards the windows' means of embeddings (N, D, S, S)."""
        means = F.adaptive_avg_pool2d(embeddings, self.windows).mean(dim=0)  # (D, rows, columns)
        references = self.head.heatmaps.weight  # (K, D, 1, 1)
        mixed = references.lerp(means.flatten(1).t()[..., None, None], self.momentum)
        references.copy_(self.embed(mixed))

    def losses(self, pairs: FramePairs) -> dict[str, Tensor]:
        """``loss_matching``; moves the references."""
        features, transforms = self.features_also_moved(pairs.images, self.warp)
        source, moved = self.embed(features).chunk(2)
        self.update_references(source)
        return dict(loss_matching=self.loss_matching(source, moved, transforms))
