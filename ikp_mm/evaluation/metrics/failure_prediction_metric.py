"""How well ``keypoint_scores`` tell which joints are wrong."""
from __future__ import annotations

import numpy as np
from mmpose.registry import METRICS

from ...visualization import plot_failure_prediction
from ..functional import (failure_auroc, joint_distances, reliability, risk_coverage,
                          unit_lengths)
from .pose_metric import (PoseMetric, image_name, input_frame, joint_names, labels, one_pose,
                          required, save_json, to_numpy)

COVERAGE = 0.8  # share of the joints that ``error_kept`` keeps


@METRICS.register_module()
class FailurePredictionMetric(PoseMetric):
    """How well keypoint scores rank and rate the errors of labelled joints.

    A joint *fails* if its error exceeds ``threshold``; an image if the mean error of its labelled
    joints does, and its score is their mean score.

    Result keys (after the prefix, ``confidence`` by default): ``auroc`` (all joints of all images
    pooled), ``auroc_per_joint`` (mean over the joints of which some failed and some did not),
    ``auroc_images``; ``failed``, percent of joints that failed; ``error``, mean error of all
    joints, and ``error_kept``, of the surest 80 % of them, in percent of the image side;
    ``calibration_error`` (:class:`..functional.Reliability`). An AUROC is left out, and the log
    says so, where nothing failed or everything did.

    Reads ``pred_instances.keypoints`` (1, K, 2) and ``keypoint_scores`` (1, K) in [0, 1],
    ``gt_instances.keypoints`` (1, K, 2) and ``keypoints_visible`` (1, K), pixels of the original
    frame, and ``input_scale`` (2,).

    Args:
        threshold: percent of the side of the network's input frame.
        out_file: json with all of it, per joint too, written after each evaluation.
        picture_file: calibration and rejection curves, written after each evaluation.
        options: see ``mmengine.evaluator.BaseMetric``.

    Raises:
        ValueError: threshold not positive.
    """

    default_prefix = 'confidence'

    def __init__(self, threshold: float = 5.0, out_file: str | None = None,
                 picture_file: str | None = None, **options) -> None:
        super().__init__(**options)
        if not threshold > 0:
            raise ValueError(f'threshold must be > 0 percent of the image side, got {threshold}')
        self.threshold, self.out_file, self.picture_file = threshold, out_file, picture_file

    def _read(self, sample: dict) -> dict:
        predicted, name, joints = sample['pred_instances'], image_name(sample), self.num_joints
        truth, visible = labels(sample, joints)
        scores = to_numpy(required(predicted, 'keypoint_scores', sample,
                                   'the head must give scores')).reshape(-1)
        if scores.shape != (joints, ):
            raise ValueError(f'keypoint_scores of {name} must be (1, {joints}), got '
                             f'{scores.shape}')
        bad = np.flatnonzero(~((scores >= 0) & (scores <= 1)))
        if bad.size:
            raise ValueError(f'keypoint_scores of {name} must lie in [0, 1], joint {bad[0]} has '
                             f'{scores[bad[0]]}')
        return dict(
            predicted=one_pose(predicted['keypoints'], joints, 'predicted keypoints', sample),
            truth=truth, visible=visible, scores=scores, scale=input_frame(sample, 'input_scale'))

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """Rate all images; print a table; write ``out_file`` and ``picture_file``.

        Raises:
            ValueError: no joint is labelled; an input frame is not square.
        """
        images = {key: np.stack([result[key] for result in results]) for key in results[0]}
        visible = images['visible']
        if not visible.any():
            raise ValueError(f'none of {len(results)} images has a labelled joint')
        side = unit_lengths('image_side', images['scale'], images['truth'], visible)
        distances = joint_distances(images['predicted'], images['truth'], visible) / side[:, None]
        per_joint = {}
        for k, name in enumerate(joint_names(self._dataset_meta)):
            seen = visible[:, k]
            if seen.any():
                scores, errors = images['scores'][seen, k], distances[seen, k]
                failed = errors > self.threshold
                per_joint[name] = dict(
                    failed=float(100 * failed.mean()), error=float(errors.mean()),
                    score=float(scores.mean()), auroc=failure_auroc(scores, failed))
        rates = [joint['auroc'] for joint in per_joint.values() if joint['auroc'] is not None]
        labelled = visible.any(axis=1)
        num_images, num_joints = int(labelled.sum()), int(visible.sum())
        image_scores = np.array([row[seen].mean() for row, seen
                                 in zip(images['scores'][labelled], visible[labelled])])
        scores, errors = images['scores'][visible], distances[visible]
        failed = errors > self.threshold
        bins = reliability(scores, failed)
        coverage, risk = risk_coverage(scores, errors)
        # Rounding errors of k / M must not cost one more joint.
        kept = np.searchsorted(coverage, COVERAGE - 1e-9)
        values = dict(
            auroc=failure_auroc(scores, failed),
            auroc_per_joint=float(np.mean(rates)) if rates else None,
            auroc_images=failure_auroc(image_scores,
                                       np.nanmean(distances[labelled], axis=1) > self.threshold),
            failed=float(100 * failed.mean()), error=float(errors.mean()),
            error_kept=float(risk[kept]), calibration_error=bins.calibration_error)
        self._report(values, per_joint, num_images, len(results), scores)
        if self.out_file is not None:
            save_json(self.out_file, dict(
                threshold=self.threshold, coverage=COVERAGE, num_images=num_images,
                num_skipped=len(results) - num_images, num_joints=num_joints, results=values,
                per_joint=per_joint, reliability=[
                    dict(low=float(low), high=float(high), count=int(count),
                         mean_score=float(mean) if count else None,
                         right=float(right) if count else None)
                    for low, high, count, mean, right in zip(bins.edges, bins.edges[1:], *bins[1:])
                ]))
        if self.picture_file is not None:
            plot_failure_prediction(
                self.picture_file, f'{num_images} images, {num_joints} joints', self.threshold,
                bins, coverage, risk, risk_coverage(-errors, errors)[1])
        return {key: value for key, value in values.items() if value is not None}

    def _report(self, values: dict, per_joint: dict, num_images: int, num_all: int,
                scores: np.ndarray) -> None:
        def number(value: float | None) -> str:
            return f'{"–":>7}' if value is None else f'{value:7.3f}'
        failure = f'error > {self.threshold:g} % of the image side'
        lines = [f'do keypoint scores tell "{failure}"? {num_images} images, {len(scores)} '
                 f'joints, {values["failed"]:.1f} % of them failed']
        lines += [f'  {what:21s} {number(values[key])}' for what, key in (
            ('AUROC, joints pooled', 'auroc'), ('AUROC, mean of joints', 'auroc_per_joint'),
            ('AUROC, images', 'auroc_images'), ('calibration error', 'calibration_error'))]
        lines.append(f'  mean error, percent of the side: all joints {values["error"]:.2f}, the '
                     f'surest {100 * COVERAGE:g} % of them {values["error_kept"]:.2f}')
        if values['auroc'] is None:
            lines.append('  no AUROC: '
                         + ('no joint' if values['failed'] == 0 else 'every joint')
                         + f' has an {failure}; choose another threshold')
        if np.ptp(scores) == 0:
            lines.append(f'  all scores are {scores[0]:g}: this head does not rate its keypoints')
        if num_all > num_images:
            lines.append(f'  {num_all - num_images} images without a labelled joint were left out')
        width = max(len(name) for name in per_joint)
        lines.append(f'  {"per joint".ljust(width)}  failed %    error    score    AUROC')
        lines += [f'  {name.ljust(width)}  {row["failed"]:8.1f}  {row["error"]:7.2f}  '
                  f'{row["score"]:7.2f}  {number(row["auroc"])}'
                  for name, row in per_joint.items()]
        self._log('\n'.join(lines))
