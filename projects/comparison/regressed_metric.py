"""Points without names, scored by a linear map to the joints, fitted on labelled images."""
from __future__ import annotations

import numpy as np
from mmpose.registry import METRICS

from ikp_mm.evaluation.functional import original_to_unit, unit_to_original
from ikp_mm.evaluation.metrics import KeypointDistanceMetric

from .linear_map import regressed


@METRICS.register_module()
class RegressedDistanceMetric(KeypointDistanceMetric):
    """``KeypointDistanceMetric`` of points of which there may be any number. The first images that
    have a label fit the map and are not scored.

    Result keys: ``regressed``; with a prior the baselines.

    Args:
        n_regress: n, how many images fit the map, in the data set's order.
        out_file: json, which holds ``n_regress`` too.
        ridge: of the map, see ``fit_linear_map``; 0 wants more labels than unknowns.
        options: see ``KeypointDistanceMetric``; ``modes`` is not among them.
    """

    named = False

    def __init__(self, n_regress: int, out_file: str | None = None, ridge: float = 0.0,
                 **options) -> None:
        super().__init__(modes=('direct', ), out_file=out_file, **options)
        self.n_regress, self.ridge = n_regress, ridge

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """Fit the map, score the other images; print the tables; write ``out_file``.

        Raises:
            ValueError: no image is left to score; see also ``linear_map.regressed``.
        """
        labelled, n = self.labelled(results), self.n_regress
        if len(labelled) <= n:
            raise ValueError(f'n_regress={n} leaves no image to score: {len(labelled)} of '
                             f'{len(results)} images have a label that counts')
        images = self.stacked(labelled)
        frame = images['center'], images['scale']
        mapped, fitted = regressed(original_to_unit(images['predicted'], *frame),
                                   original_to_unit(images['truth'], *frame), images['visible'], n,
                                   self.ridge)
        if not fitted.determined:
            self._log(f'the predictions of the {n} images of the fit set span '
                      f'{fitted.ranks.min()} of {len(fitted.weights)} dimensions (collapsed '
                      'keypoints, or repeated images): the linear map of least norm was taken',
                      warn=True)
        joints = unit_to_original(mapped, *(array[n:] for array in frame))
        unlabelled = [result for result in results if not any(result is one for one in labelled)]
        return super().compute_metrics([*(dict(result, predicted=found) for result, found
                                          in zip(labelled[n:], joints)), *unlabelled])

    def _description(self) -> dict:
        return dict(super()._description(), n_regress=self.n_regress)

    def _keypoints(self, images: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return dict(regressed=images['predicted'], **self._baseline_keypoints(images))
