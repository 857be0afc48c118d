"""Points and what lies at them, back to the image.

Paper: Zhang et al., CVPR 2018, section 3.3 (landmark descriptors) and 3.4 (decoding).
Deviations: the smallest honest version. One linear map a point stands for the paper's two (one
into the descriptor, one out of it, with nothing between); the maps have one width instead of five;
descriptors are pooled from the detector's own features and not from a second hourglass; the
background's descriptor is the mean of all features.
"""
from __future__ import annotations

from typing import Optional

import torch
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional as F

from ikp_mm.models.layers import BN, NORMAL_INIT, conv_pair, halvings


@MODELS.register_module()
class DescriptorImageDecoder(BaseModule):
    """Autoencode an image through K points and K + 1 short descriptors.

    Descriptor ``f_k = W_k sum_u G_k(u) F(u) / sum_u G_k(u)`` pools D features at the Gaussian map
    G_k. They are painted where the points are, ``sum_k M_k(u) leaky_relu(f_k)``, with the maps M
    of the points and of the background normalised to sum to one in each pixel, and decoded.

    Args:
        num_points (int): K.
        in_channels (int): channels of the backbone's features.
        image_size (int): side W of the image.
        map_size (int): side S of the maps and of the features.
        descriptor_dim (int): D (release: 8).
        background (float): what the background's map is before maps are normalised; a point's
            peak is 1 (release: about 0.1).
        base_channels (int): width at the image's full size; doubled at every halving.
        out_channels (int): image channels.
        norm_cfg (dict | None): norm layer of the decoder.
        init_cfg: initialisation.

    Raises:
        ValueError: sizes that halving cannot connect, background not positive.
    """

    def __init__(self, num_points: int, in_channels: int, image_size: int = 128,
                 map_size: int = 16, descriptor_dim: int = 8, background: float = 0.1,
                 base_channels: int = 32, out_channels: int = 3, norm_cfg: Optional[dict] = BN,
                 init_cfg=NORMAL_INIT) -> None:
        super().__init__(init_cfg)
        if background <= 0:
            raise ValueError(f'background must be positive, got {background}')
        num_ups = halvings(image_size, map_size, 'image_size to map_size')
        self.background = background
        self.features = nn.Conv2d(in_channels, descriptor_dim, 1)
        maps = num_points + 1
        self.descriptors = nn.Conv1d(maps * descriptor_dim, maps * descriptor_dim, 1, groups=maps)
        width = base_channels * 2**num_ups
        stages: list[nn.Module] = [conv_pair(maps + descriptor_dim, width, 1, norm_cfg)]
        for _ in range(num_ups):
            stages += [nn.Upsample(scale_factor=2, mode='bilinear', align_corners=False),
                       conv_pair(width, width // 2, 1, norm_cfg)]
            width //= 2
        self.decoder = nn.Sequential(*stages, nn.Conv2d(width, out_channels, 3, padding=1))

    def describe(self, features: Tensor, maps: Tensor) -> Tensor:
        """Descriptors of the points and, last, of the background.

        Args:
            features (Tensor): backbone features (N, C, S, S).
            maps (Tensor): Gaussian maps (N, K, S, S).

        Returns:
            Tensor: (N, K + 1, D).
        """
        features = self.features(features)  # (N, D, S, S)
        weights = maps / maps.sum(dim=(2, 3), keepdim=True).clamp(min=1e-6)
        pooled = torch.einsum('nkhw,ndhw->nkd', weights, features)
        pooled = torch.cat([pooled, features.mean(dim=(2, 3))[:, None]], dim=1)  # (N, K + 1, D)
        return self.descriptors(pooled.flatten(1)[..., None]).view_as(pooled)

    def paint(self, descriptors: Tensor, maps: Tensor) -> Tensor:
        """Descriptors (N, K + 1, D), background last, and the points' maps (N, K, S, S), of this
        image or of another -> images (N, 3, W, W), normalised."""
        painted = F.leaky_relu(descriptors)
        maps = torch.cat([maps, torch.full_like(maps[:, :1], self.background)], dim=1)
        maps = maps / maps.sum(dim=1, keepdim=True)
        layers = torch.einsum('nkhw,nkd->ndhw', maps, painted)
        return self.decoder(torch.cat([maps, layers], dim=1))

    def forward(self, features: Tensor, maps: Tensor) -> Tensor:
        """Arguments as :meth:`describe` -> reconstructed images (N, 3, W, W), normalised."""
        return self.paint(self.describe(features, maps), maps)
