"""What makes Phi out of any MMPose backbone: feature maps to a skeleton image.

Source: the top-down merge of feature pyramids (Lin et al., "Feature Pyramid Networks for Object
Detection", CVPR 2017). Deviations: a norm layer in each lateral, because the backbones' maps differ
in scale and their sum would be the largest alone; one output, at the skeleton's size.
"""
from __future__ import annotations

from typing import Optional, Sequence, Union

from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional as F

from ..backbones.skeleton_unet import ACTIVATIONS
from ..layers import BN, NORMAL_INIT, halvings


@MODELS.register_module()
class SkeletonNeck(BaseModule):
    """Merge feature maps from the coarsest to the finest, enlarge, draw one channel.

    Takes what any MMPose backbone gives: ResNet's and CSPNeXt's ``out_indices``, HRNet's branches
    (its last stage needs ``multiscale_output=True`` to give more than the finest), a vision
    transformer's one map (``out_type='featmap'``), an hourglass's stacks (``levels=(-1, )``: the
    last). With N(0, 0.02) weights and norm layers the first outputs lie near 0, far from tanh's
    ends.

    Args:
        in_channels (int | Sequence[int]): channels of the chosen maps, from the finest to the
            coarsest.
        map_size (int): side of the finest chosen map, S divided by a power of two; S / map_size
            is made up for by bilinear doublings, each followed by a 3x3 convolution.
        skeleton_size (int): side S of the skeleton image.
        levels (Sequence[int] | None): indices into the backbone's output, from the finest to the
            coarsest; None takes all of it.
        channels (int): width of the neck.
        norm_cfg (dict | None): norm layer of every convolution but the last.
        output_activation (str): ``'tanh'`` keeps the skeleton image in its range (-1, 1),
            ``'linear'`` is the reference's.
        init_cfg: initialisation.

    Raises:
        ValueError: unknown activation, sizes that doubling cannot connect, ``levels`` and
            ``in_channels`` of different lengths.
    """

    def __init__(self, in_channels: Union[int, Sequence[int]], map_size: int,
                 skeleton_size: int, levels: Optional[Sequence[int]] = None, channels: int = 32,
                 norm_cfg: Optional[dict] = BN, output_activation: str = 'tanh',
                 init_cfg=NORMAL_INIT) -> None:
        super().__init__(init_cfg)
        if output_activation not in ACTIVATIONS:
            raise ValueError(f'output_activation must be one of {sorted(ACTIVATIONS)}, '
                             f'got {output_activation!r}')
        self.in_channels = (in_channels, ) if isinstance(in_channels, int) else tuple(in_channels)
        self.levels = None if levels is None else tuple(levels)
        if self.levels is not None and len(self.levels) != len(self.in_channels):
            raise ValueError(f'SkeletonNeck: {len(self.levels)} levels {self.levels} but '
                             f'{len(self.in_channels)} in_channels {self.in_channels}')
        self.map_size, self.skeleton_size = map_size, skeleton_size
        doublings = halvings(skeleton_size, map_size, 'skeleton_size to map_size')
        self.laterals = nn.ModuleList(
            ConvModule(wide, channels, 1, norm_cfg=norm_cfg, act_cfg=None)
            for wide in self.in_channels)
        self.merge = ConvModule(channels, channels, 3, padding=1, norm_cfg=norm_cfg)
        self.refines = nn.ModuleList(
            ConvModule(channels, channels, 3, padding=1, norm_cfg=norm_cfg)
            for _ in range(doublings))
        self.output = nn.Conv2d(channels, 1, 3, padding=1)
        self.activation = ACTIVATIONS[output_activation]()

    def forward(self, feats: Sequence[Tensor]) -> tuple[Tensor]:
        """Feature maps to skeleton images.

        Args:
            feats (Sequence[Tensor]): maps (N, C_l, H_l, W_l) of one backbone.

        Returns:
            tuple[Tensor]: one skeleton image (N, 1, S, S), background -1, limbs up to 1.

        Raises:
            TypeError: not a sequence of maps.
            ValueError: as many, as wide or as large maps as the neck was not built for.
        """
        maps = self._chosen(feats)
        merged = None
        for lateral, x in zip(reversed(self.laterals), reversed(maps)):  # coarsest first
            x = lateral(x)
            if merged is not None:
                x = x + F.interpolate(merged, x.shape[-2:], mode='bilinear', align_corners=False)
            merged = x
        x = self.merge(F.relu(merged))
        for refine in self.refines:
            x = refine(F.interpolate(x, scale_factor=2, mode='bilinear', align_corners=False))
        return (self.activation(self.output(x)), )

    def _chosen(self, feats: Sequence[Tensor]) -> list[Tensor]:
        """The maps of ``levels``, checked."""
        if not isinstance(feats, (tuple, list)):
            raise TypeError(f'SkeletonNeck takes the tuple of maps that a backbone gives, not a '
                            f'{type(feats).__name__}')
        levels = range(len(feats)) if self.levels is None else self.levels
        if self.levels is None and len(feats) != len(self.in_channels):
            raise ValueError(
                f'SkeletonNeck: the backbone gives {len(feats)} maps, neck.in_channels '
                f'{self.in_channels} names {len(self.in_channels)}: list the channels of all, or '
                'choose some with neck.levels')
        for level in levels:
            if not -len(feats) <= level < len(feats):
                raise ValueError(f'SkeletonNeck: neck.levels asks for map {level}, the backbone '
                                 f'gives {len(feats)}')
        maps = [feats[level] for level in levels]
        for level, x, wide in zip(levels, maps, self.in_channels):
            if not isinstance(x, Tensor) or x.ndim != 4:
                found = tuple(x.shape) if isinstance(x, Tensor) else type(x).__name__
                raise ValueError(
                    f'SkeletonNeck: output {level} of the backbone is {found}, not a map (N, C, '
                    "H, W); a vision transformer of mmpretrain needs out_type='featmap'")
        found = tuple(x.shape[1] for x in maps)
        if found != self.in_channels:
            raise ValueError(f'SkeletonNeck: neck.in_channels is {self.in_channels}, the chosen '
                             f'maps of the backbone have {found}')
        sizes = [tuple(x.shape[-2:]) for x in maps]
        if sizes != sorted(sizes, reverse=True):
            raise ValueError(f'SkeletonNeck: the chosen maps are {sizes} px; neck.levels must go '
                             'from the finest to the coarsest')
        if sizes[0] != (self.map_size, self.map_size):
            raise ValueError(
                f'SkeletonNeck was built for neck.map_size={self.map_size} px, the finest chosen '
                f'map is {sizes[0]} px: set neck.map_size, or check codec.input_size')
        return maps
