"""Labelling as image translation (slide 4 of the talk): Psi draws from y itself.

Without the keypoint bottleneck of slide 5 nothing keeps looks out of y: it may be a code.
"""
from __future__ import annotations

import ikp_mm  # noqa: F401  (before any mmpose module that wants compiled ops)

from mmpose.registry import MODELS
from torch import Tensor

from ikp_mm.models import KeypointGAN
from ikp_mm.structures import Translation


@MODELS.register_module()
class ImageTranslation(KeypointGAN):
    """A KeypointGAN whose Psi is given y, (N, 1, S, S), in place of beta(eta(y))."""

    def translate(self, images: Tensor, appearances: Tensor,
                  detached: bool = False) -> Translation:
        """As :meth:`KeypointGAN.translate`; keypoints and rendering are read from y alone."""
        skeletons = self.extract_feat(images)[-1]
        if detached:
            skeletons = skeletons.detach()
        keypoints = self.head.keypoints(skeletons)
        return Translation(skeletons, keypoints, self.head.render(keypoints),
                           self.generator(skeletons, appearances))
