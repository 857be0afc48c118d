"""MMPose's ``TopdownAffine`` without its aliasing."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from mmpose.datasets.transforms import TopdownAffine
from mmpose.registry import TRANSFORMS
from mmpose.structures.bbox import get_udp_warp_matrix, get_warp_matrix

from ikp_mm.io.crop import warp

STOCK, AREA = 'TopdownAffine', 'AreaTopdownAffine'


@TRANSFORMS.register_module()
class AreaTopdownAffine(TopdownAffine):
    """Cut a box out with the geometry of ``TopdownAffine``, by ``ikp_mm.io.crop.warp``.

    The stock step interpolates linearly: of a box of 512 px shown to a network of 64 px it looks
    at every eighth pixel. Here each pixel of the input is the mean of what it covers, as in the
    frames of training. Boxes not larger than the input give the same values to the last bit.
    MMDeploy knows the stock step alone, so an exported pipeline names that one.

    Args:
        input_size, use_udp: see ``TopdownAffine``.
    """

    def transform(self, results: dict) -> dict:
        """As ``TopdownAffine.transform``, with ``img`` resampled by ``warp``."""
        images = results['img']
        # MMPose's step does the boxes and keypoints; a single pixel is all that it resamples.
        results = super().transform(dict(results, img=np.zeros((1, 1), np.uint8)))
        matrix_of = get_udp_warp_matrix if self.use_udp else get_warp_matrix
        size = (int(self.input_size[0]), int(self.input_size[1]))
        rotation = results['bbox_rotation'][0] if 'bbox_rotation' in results else 0.0
        matrix = matrix_of(results['input_center'], results['input_scale'], rotation,
                           output_size=size)
        results['img'] = ([warp(image, matrix, size) for image in images]
                          if isinstance(images, list) else warp(images, matrix, size))
        return results


def crop_step(pipeline: Sequence[Mapping]) -> Mapping:
    """The step of a test pipeline that cuts boxes out: the stock one, or ours.

    Raises:
        ValueError: none, or several.
    """
    steps = [step for step in pipeline if step['type'] in (STOCK, AREA)]
    if len(steps) != 1:
        raise ValueError(f'a test pipeline must have one {STOCK} or {AREA}, this one has '
                         f"{[step['type'] for step in pipeline]}")
    return steps[0]


def with_crop_step(pipeline: Sequence[Mapping], kind: str) -> list[dict]:
    """A pipeline whose step that cuts boxes out is of another kind: ``STOCK`` or ``AREA``.

    Raises:
        ValueError: see :func:`crop_step`.
    """
    found = crop_step(pipeline)
    return [dict(step, type=kind) if step is found else step for step in pipeline]
