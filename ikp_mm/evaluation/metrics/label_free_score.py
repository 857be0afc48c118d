"""A validation score that needs no label and can drive ``save_best``."""
from __future__ import annotations

import numpy as np
from mmengine.evaluator import BaseMetric
from mmpose.registry import METRICS

from ..functional import (flipped_neighbours, label_free_score, pose_spread, resemblance_to_prior,
                          symmetry_candidates)
from .pose_metric import PoseMetric, image_name, one_pose, required, to_numpy
from .prior import build_prior

# When a run is said to fail: spread below, error with another pose over its own below, percent of
# the side over spread above (failed runs of projects/score: 11 to 15; good ones: 2 to 8), percent
# of neighbouring frames above.
COLLAPSED, UNUSED, CODE, FLIPPING = 0.3, 1.1, 9.0, 5.0
REMEDY = 'the label-free score needs a KeypointGAN that validates with its generator'


@METRICS.register_module()
class LabelFreeScore(PoseMetric):
    """Agreement, reconstruction, spread, and the score that combines them (higher is better).

    Reads ``label_free`` of each data sample (:meth:`KeypointGAN.val_step`): ``agreement`` (mean
    squared difference of the skeleton image y and its keypoints rendered), ``reconstruction``
    (reconstruction error on a fixed scale), ``moved`` (distance of the keypoints of a moved image
    from the moved keypoints, fraction of the side) and ``keypoints`` (K, 2) in unit coordinates;
    where there, ``other_pose``, ``painted`` and ``neighbour_keypoints``.

    Result keys (after the prefix, ``label_free`` by default): ``agreement`` and ``reconstruction``
    (means over images), ``moved`` and ``painted`` (the same, percent of the side), ``spread``
    (:func:`..functional.pose_spread` of the predictions divided by the prior's), ``pose_use``
    (error of the reconstruction with another image's pose over its own), ``flips`` (percent of
    neighbouring frames, :func:`..functional.flipped_neighbours`) and ``score``
    (:func:`..functional.label_free_score`). A collapse, a skeleton image that ignores the image, a
    code and flips are each named in the log, with what to change.

    Warns, naming the symmetry, when the predictions look like the prior only after a left/right
    swap or a half turn of *all* of them (:func:`..functional.resemblance_to_prior`).

    Args:
        prior: config of the pose prior (``metrics/prior.py``), without jitter.
        options: see ``mmengine.evaluator.BaseMetric``.
    """

    default_prefix = 'label_free'

    def __init__(self, prior: dict, **options) -> None:
        super().__init__(**options)
        self.prior = prior

    @BaseMetric.dataset_meta.setter
    def dataset_meta(self, dataset_meta: dict) -> None:
        # Here, when the loop is built: a wrong prior stops the run before it has trained.
        self._dataset_meta = dataset_meta
        prior = build_prior(self.prior, dataset_meta)
        self._prior_mean = prior.mean
        self._symmetries = symmetry_candidates(dataset_meta['flip_indices'])
        self._prior_spread = pose_spread(prior.complete)
        if self._prior_spread == 0:
            raise ValueError('all poses of the prior are the same: there is no spread to compare '
                             'with')

    def _read(self, sample: dict) -> dict:
        entry = required(sample, 'label_free', sample, REMEDY)
        result = dict(keypoints=one_pose(required(entry, 'keypoints', sample, REMEDY),
                                         self.num_joints, 'label-free keypoints', sample))
        if 'neighbour_keypoints' in entry:
            result['neighbour'] = one_pose(
                entry['neighbour_keypoints'], self.num_joints,
                'label-free keypoints of the neighbouring frame', sample)
        optional = [name for name in ('other_pose', 'painted') if name in entry]
        for key in ('agreement', 'reconstruction', 'moved', *optional):
            value = to_numpy(required(entry, key, sample, REMEDY))
            if value.size != 1 or not np.isfinite(value).all():
                raise ValueError(f'label_free[{key!r}] of {image_name(sample)} must be one finite '
                                 f'number, got {value.tolist()}')
            result[key] = float(value.reshape(()))
        return result

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """Combine all images; print one line.

        Raises:
            ValueError: fewer than two images.
        """
        def mean(key: str) -> float:
            return float(np.mean([result[key] for result in results]))

        poses = np.stack([result['keypoints'] for result in results]).astype(np.float64)
        spread = pose_spread(poses) / self._prior_spread
        agreement, reconstruction, moved = mean('agreement'), mean('reconstruction'), mean('moved')
        painted = mean('painted') if 'painted' in results[0] else None
        score = label_free_score(agreement, reconstruction, spread, moved, painted)
        self._log(f'score {score:.3f} (agreement {agreement:.4f}, reconstruction '
                  f'{reconstruction:.4f}, spread {spread:.2f} of the prior\'s, moved '
                  f'{100 * moved:.2f} %), {len(results)} images')
        likeness = resemblance_to_prior(poses, self._prior_mean, self._symmetries)
        if likeness.whole_swap:
            self._log(
                f'the predictions look like the prior only after "{likeness.best}" (distance to '
                f'its mean pose {likeness.errors["identity"]:.1f} -> '
                f'{likeness.errors[likeness.best]:.1f} % of the side). The solution may be '
                'reversed as a whole: start with a narrow prior and widen it '
                '(docs/your_videos.md)', warn=True)
        signs: dict[str, float] = {}
        if 'other_pose' in results[0]:
            signs['pose_use'] = mean('other_pose') / max(reconstruction, 1e-9)
        if painted is not None:
            signs['painted'] = 100 * painted
        if 'neighbour' in results[0]:
            beside = np.stack([result['neighbour'] for result in results])
            signs['flips'] = 100 * float(
                flipped_neighbours(poses, beside, self._symmetries).mean())
        self._name_failures(spread, 100 * moved, signs)
        return dict(agreement=agreement, reconstruction=reconstruction, spread=spread,
                    moved=100 * moved, **signs, score=score)

    def _name_failures(self, spread: float, moved: float, signs: dict[str, float]) -> None:
        """Say in the log how a run fails; ``moved`` is in percent of the side."""
        if spread < COLLAPSED:
            self._log(f'COLLAPSE: poses vary {spread:.2f} times as much as the prior\'s: lower '
                      'loss_gan, or see that the prior fits the footage', warn=True)
        if signs.get('pose_use', UNUSED) < UNUSED:
            self._log('THE RECONSTRUCTION DOES NOT NEED y (with the skeleton of another image its '
                      f'error is {signs["pose_use"]:.2f} times its own): y may ignore the image. '
                      'Lower loss_gan, or look at the masks (tools/browse_dataset.py)', warn=True)
        if moved > CODE * min(spread, 1):
            self._log(f'y MAY BE A CODE: keypoints of moved images lie {moved:.1f} % of the side '
                      f'from the moved keypoints, where poses vary {spread:.2f} times as much as '
                      'the prior\'s. Look at the painted figures (tools/browse_dataset.py); raise '
                      'equivariance.weight', warn=True)
        if signs.get('flips', 0) > FLIPPING:
            self._log(f'FLIPS: in {signs["flips"]:.1f} % of neighbouring frames the body turns '
                      'round: look at the painted figures (tools/browse_dataset.py)', warn=True)
