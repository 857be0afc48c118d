"""Image to features: the encoder that the methods with unnamed points share.

Paper: Jakab et al., NeurIPS 2018 (arXiv 1806.07823), section 3 and its release: a 7x7 stem, then
stages of a stride-2 and a stride-1 3x3 convolution that double the width.
"""
from __future__ import annotations

from typing import Optional

from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn

from ikp_mm.models.layers import BN, NORMAL_INIT, conv_pair, halvings


@MODELS.register_module()
class ImageEncoder(BaseModule):
    """Features at a fraction of the image's side.

    Args:
        image_size (int): side W of the (square) input image.
        feature_size (int): side F of the features, W divided by a power of two (release: W / 8).
        in_channels (int): channels of the image.
        base_channels (int): width of the stem (release: 32); the output has
            ``base_channels * W / F`` channels.
        norm_cfg (dict | None): norm layer of every stage.
        init_cfg: initialisation.

    Raises:
        ValueError: sizes that halving cannot connect.
    """

    def __init__(self, image_size: int = 128, feature_size: int = 16, in_channels: int = 3,
                 base_channels: int = 32, norm_cfg: Optional[dict] = BN,
                 init_cfg=NORMAL_INIT) -> None:
        super().__init__(init_cfg)
        self.image_size = image_size
        num_downs = halvings(image_size, feature_size, 'image_size to feature_size')
        widths = [base_channels * 2**level for level in range(num_downs + 1)]
        stages = [conv_pair(in_channels, widths[0], 1, norm_cfg, first_kernel=7)]
        stages += [conv_pair(narrow, wide, 2, norm_cfg)
                   for narrow, wide in zip(widths, widths[1:])]
        self.stages = nn.Sequential(*stages)

    def forward(self, images: Tensor) -> tuple[Tensor]:
        """Normalised images (N, C, W, W) -> one feature map (N, base_channels * W / F, F, F).

        Raises:
            ValueError: images of another size than ``image_size``.
        """
        if images.shape[-2:] != (self.image_size, self.image_size):
            raise ValueError(f'ImageEncoder was built for {self.image_size} px images, '
                             f'got {tuple(images.shape[-2:])}: check codec.input_size')
        return (self.stages(images), )
